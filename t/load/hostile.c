// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile.c - a policy beside a thread of its own process that fills the memory shared with the kernel
 * half with random bytes, all the time, while a load runs.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tap.h"
#include "scxuser.h"

static struct scxu *s;
static uint64_t *memory;
static size_t nr_words;
static atomic_bool over;
static unsigned long long nr_written;

/* xorshift64: the same bytes each time. */
static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The arena is the only map that is mapped writable, and the largest. */
static void find_memory(void)
{
	char line[512], mode[8];
	unsigned long from, to;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, "bpf-map") || sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3)
			continue;
		if (mode[1] != 'w' || (to - from) / sizeof(*memory) <= nr_words)
			continue;
		memory = (uint64_t *)from;
		nr_words = (to - from) / sizeof(*memory);
	}
	if (f)
		fclose(f);
	if (!nr_words)
		bail("no memory is shared with the kernel half");
}

/* Most of what matters is at the front; and most words are small numbers, which are more often valid. */
static void write_one(uint64_t *state)
{
	size_t first_page = 4096 / sizeof(*memory);
	uint64_t where = draw(state), what = draw(state);

	if (what % 4)
		what >>= draw(state) % 64;
	if (where % 3 == 0)
		memory[draw(state) % first_page] = what;
	else if (where % 3 == 1)
		((uint32_t *)memory)[draw(state) % (64 * 1024)] = what;
	else
		memory[draw(state) % nr_words] = what;
}

static void *write_garbage(void *arg)
{
	uint64_t state = 1;

	while (!over) {
		write_one(&state);
		nr_written++;
	}
	return arg;
}

static void play(void)
{
	struct scxu_dispatch d;
	struct scxu_task t;
	int nr = 0;

	/* What is in the rings may be endless now. */
	while (nr++ < 1000 && scxu_dequeue_task(s, &t) > 0) {
		scxu_dispatch_init(&d, &t);
		if (scxu_dispatch_task(s, &d))
			break;
	}
	scxu_wait(s, 1);
}

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static void print_log(void *arg, int level, const char *line)
{
	static int nr;

	(void)arg;
	(void)level;
	if (nr++ < 20)
		diag("%s", line);
}

int main(int argc, char **argv)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	struct scxu_opts opts = {
		.sz = sizeof(opts),
		.name = "hostile",
		.flags = SCXU_FULL_USER | SCXU_HISTOGRAMS,
		.events = SCXU_EVENT_BIT(SCXU_EVENT_SLEEP) | SCXU_EVENT_BIT(SCXU_EVENT_EXIT),
		.log = print_log,
	};
	int status = -1, evicted;
	pthread_t thread;
	pid_t pid;

	if (argc < 2) {
		fprintf(stderr, "Usage: %s LOAD [ARG]...\n", argv[0]);
		return 2;
	}
	if (scxu_open(&s, &opts))
		bail("it does not attach");
	find_memory();
	pid = start(argv + 1);
	if (pthread_create(&thread, NULL, write_garbage, NULL))
		bail("no thread");
	/* scxu_exited() reads a word of that memory, too. */
	while (waitpid(pid, &status, WNOHANG) != pid)
		play();
	over = true;
	pthread_join(thread, NULL);
	evicted = scxu_shutdown_and_report(s, &info);
	is_int(evicted, 0, "garbage in the shared memory: never evicted");
	diag("%s: %s", info.reason, info.message);
	is_int(status, 0, "the load came to its end");
	ok(nr_written > 100000, "there was garbage (%llu words into %zu KiB)", nr_written,
	   nr_words * sizeof(*memory) / 1024);
	scxu_close(s);
	return done_testing();
}
