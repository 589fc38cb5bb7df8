// SPDX-License-Identifier: GPL-2.0-only
/* Many threads that all start at once, work, sleep and work again; every one must finish. */
#include "load.h"

#include <pthread.h>
#include <stdatomic.h>

static const char usage[] =
	"usage: threads [-s SLEEP_MS] [-t SECONDS] [-w TURNS] THREADS\n"
	"  -s SLEEP_MS  how long each thread sleeps between its two pieces of work (10)\n"
	"  -t SECONDS   start further waves of THREADS until SECONDS have passed (one wave)\n"
	"  -w TURNS     how long each piece of work is, in turns of a loop (20000)\n";

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t started = PTHREAD_COND_INITIALIZER;
static bool go;
static uint64_t sleep_for_ns = 10 * 1000 * 1000;
static unsigned long nr_turns = 20000;
static atomic_ulong nr_finished;

static void work(void)
{
	for (volatile unsigned long i = 0; i < nr_turns; i++)
		;
}

static void *thread(void *arg)
{
	pthread_mutex_lock(&lock);
	while (!go)
		pthread_cond_wait(&started, &lock);
	pthread_mutex_unlock(&lock);

	work();
	sleep_ns(sleep_for_ns);
	work();
	atomic_fetch_add(&nr_finished, 1);
	return arg;
}

static void run_wave(unsigned long nr_threads, pthread_t *id)
{
	pthread_attr_t attr;
	unsigned long i;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	go = false;
	for (i = 0; i < nr_threads; i++) {
		err = pthread_create(&id[i], &attr, thread, NULL);
		if (err) {
			errno = err;
			die("pthread_create");
		}
	}
	pthread_attr_destroy(&attr);

	pthread_mutex_lock(&lock);
	go = true;
	pthread_cond_broadcast(&started);
	pthread_mutex_unlock(&lock);
	for (i = 0; i < nr_threads; i++)
		pthread_join(id[i], NULL);
}

int main(int argc, char **argv)
{
	uint64_t start_ns, run_ns = 0, wave_ns, slowest_ns = 0;
	unsigned long nr_threads, nr_waves = 0;
	pthread_t *id;
	int opt;

	while ((opt = getopt(argc, argv, "s:t:w:")) != -1) {
		if (opt == 's')
			sleep_for_ns = number("SLEEP_MS", optarg, 0, 3600000) * 1000000;
		else if (opt == 't')
			run_ns = number("SECONDS", optarg, 1, 86400) * NSEC_PER_SEC;
		else if (opt == 'w')
			nr_turns = number("TURNS", optarg, 0, 1000000000);
		else
			break;
	}
	if (opt != -1 || argc - optind != 1) {
		fputs(usage, stderr);
		return 2;
	}
	nr_threads = number("THREADS", argv[optind], 1, 100000);
	id = calloc(nr_threads, sizeof(*id));
	if (!id)
		die("calloc");

	start_ns = now_ns();
	do {
		wave_ns = now_ns();
		run_wave(nr_threads, id);
		nr_waves++;
		wave_ns = now_ns() - wave_ns;
		slowest_ns = wave_ns > slowest_ns ? wave_ns : slowest_ns;
	} while (now_ns() - start_ns < run_ns);

	printf("threads=%lu nr_waves=%lu nr_finished=%lu total_ns=%ju slowest_wave_ns=%ju\n",
	       nr_threads, nr_waves, atomic_load(&nr_finished), (uintmax_t)(now_ns() - start_ns),
	       (uintmax_t)slowest_ns);
	return atomic_load(&nr_finished) == nr_threads * nr_waves ? 0 : 1;
}
