// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lib/port_bpf_log.c: each handle hears what libbpf says to it, and nobody else does. */
#include <pthread.h>

#include "../../lib/port_bpf.h"
#include "../tap.h"
#include "log_keeper.h"

#define NR_THREADS 4
#define NR_TURNS 200

/* What to make libbpf say, and who hears it. */
struct speaker {
	const char *word;
	struct scxu s;
	int nr_own, nr_others, nr_other_levels;
};

static __thread int nr_heard_by_process;

static int process_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	nr_heard_by_process += level != LIBBPF_DEBUG;
	return 0;
}

static int other_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

/* libbpf complains that there is no such file. */
static void make_libbpf_say(const char *word)
{
	char path[4000];

	snprintf(path, sizeof(path), "/nonexistent/%s", word);
	bpf_object__close(bpf_object__open_file(path, NULL));
}

static void hear(void *arg, int level, const char *line)
{
	struct speaker *speaker = arg;

	if (strstr(line, speaker->word))
		speaker->nr_own++;
	else
		speaker->nr_others++;
	speaker->nr_other_levels += level != SCXU_LOG_DEBUG;
}

static void test_one(void)
{
	struct log_keeper kept = { 0 };
	struct scxu s = { .opts = { .log = log_keep, .log_arg = &kept } };
	char text[2000];

	libbpf_log_begin(&s);
	make_libbpf_say("one word");
	ok(kept.nr_lines && kept.level == SCXU_LOG_DEBUG && strstr(kept.line, "one word"),
	   "libbpf speaks to the handle, at level debug");
	kept.nr_lines = 0;
	make_libbpf_say("first\nsecond\nlast");
	is_int(kept.nr_lines, 3, "a message of three lines is three lines");
	ok(!strncmp(kept.line, "last", 4), "down to the last one");
	memset(text, 'x', sizeof(text));
	strcpy(text + sizeof(text) - 10, "\nthe end");
	make_libbpf_say(text);
	ok(!strncmp(kept.line, "the end", 7), "a long line does not hide what follows it");
	kept.nr_lines = 0;
	libbpf_log_end();
	make_libbpf_say("not to us");
	is_int(kept.nr_lines, 0, "after the end it does not");
	is_int(nr_heard_by_process, 1, "but to whom it spoke before");
}

static void test_set_meanwhile(void)
{
	struct scxu s = { 0 };
	libbpf_print_fn_t ours;

	libbpf_log_begin(&s);
	ours = libbpf_set_print(other_print);
	libbpf_log_end();
	ok(libbpf_set_print(ours) == other_print, "who is set meanwhile stays");

	nr_heard_by_process = 0;
	libbpf_log_begin(&s);
	libbpf_log_end();
	make_libbpf_say("to the process");
	is_int(nr_heard_by_process, 1, "if ours was put back the process hears all the same");
}

static void *speak(void *arg)
{
	struct speaker *speaker = arg;
	int i;

	for (i = 0; i < NR_TURNS; i++) {
		libbpf_log_begin(&speaker->s);
		make_libbpf_say(speaker->word);
		libbpf_log_end();
		make_libbpf_say("to the process");
	}
	return (void *)(intptr_t)nr_heard_by_process;
}

static void test_threads(void)
{
	static const char *const words[NR_THREADS] = { "alpha", "beta", "gamma", "delta" };
	struct speaker speakers[NR_THREADS];
	int i, nr_own = 0, nr_others = 0, nr_other_levels = 0, nr_process = 0;
	pthread_t threads[NR_THREADS];
	void *nr;

	for (i = 0; i < NR_THREADS; i++) {
		speakers[i] = (struct speaker){ .word = words[i] };
		speakers[i].s.opts = (struct scxu_opts){ .log = hear, .log_arg = &speakers[i] };
		pthread_create(&threads[i], NULL, speak, &speakers[i]);
	}
	for (i = 0; i < NR_THREADS; i++) {
		pthread_join(threads[i], &nr);
		nr_process += (intptr_t)nr;
		nr_own += speakers[i].nr_own;
		nr_others += speakers[i].nr_others;
		nr_other_levels += speakers[i].nr_other_levels;
	}
	is_int(nr_own, NR_THREADS * NR_TURNS, "%d threads: each handle hears its own", NR_THREADS);
	is_int(nr_others, 0, "and nothing else");
	is_int(nr_other_levels, 0, "all at level debug");
	is_int(nr_process, NR_THREADS * NR_TURNS, "what no handle asked for goes to the process");
	ok(libbpf_set_print(process_print) == process_print, "which is the one to hear in the end");
}

int main(void)
{
	libbpf_set_print(process_print);
	test_one();
	test_set_meanwhile();
	test_threads();
	return done_testing();
}
