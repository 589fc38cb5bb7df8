// SPDX-License-Identifier: GPL-2.0-only
/* scxuser - start commands in class SCHED_EXT, and move processes into it and out of it. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <sched.h>
#include <scxuser.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef SCHED_EXT
#define SCHED_EXT 7
#endif

#define STATE_FILE "/sys/kernel/sched_ext/state"
#define MAX_PASSES 100 /* over the threads of a process, until there is no new one */

enum { EXIT_USAGE = 2, EXIT_OURS = 125, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

static void print_help(void)
{
	printf("Usage: scxuser run [--] COMMAND [ARGUMENT]...\n"
	       "       scxuser attach PID...\n"
	       "       scxuser detach PID...\n"
	       "Says which tasks are scheduled by a scheduler that runs with --partial: those of\n"
	       "class SCHED_EXT, which children inherit.\n\n"
	       "  run                start COMMAND in that class\n"
	       "  attach             move processes into it, with all their threads\n"
	       "  detach             and back to the class of ordinary tasks\n"
	       "  -V, --version      print the version and exit\n"
	       "  -h, --help         print this and exit\n\n"
	       "Exit status of run: that of COMMAND, 125 it could not be put in that class, 126\n"
	       "it cannot be run, 127 it is not there. Of attach and detach: 0 all were moved,\n"
	       "1 not all. Of each: 2 usage.\n");
}

static _Noreturn void bad_usage(void)
{
	fprintf(stderr, "scxuser: try 'scxuser --help'\n");
	exit(EXIT_USAGE);
}

/* The kernel does not know the policy, the only thing that may be wrong with it. */
static const char *explain(int err)
{
	switch (err) {
	case EINVAL:
		return "this kernel has no class SCHED_EXT: want Linux 6.12 or newer, with "
		       "CONFIG_SCHED_CLASS_EXT";
	case ESRCH:
	case ENOENT:
		return "there is no such process";
	case EPERM:
	case EACCES:
		return "not permitted: want its owner, or root; or the scheduler refuses it";
	default:
		return strerror(err);
	}
}

/* Such tasks are scheduled by the kernel until there is one. */
static void warn_if_none_is_attached(void)
{
	FILE *file = fopen(STATE_FILE, "re");
	char state[32] = "";

	if (!file)
		return;
	if (fgets(state, sizeof(state), file) && !strncmp(state, "disabled", 8))
		fprintf(stderr, "scxuser: warning: no scheduler is attached: the kernel's own has "
				"them until there is one\n");
	fclose(file);
}

static int set_class(pid_t tid, int class)
{
	return sched_setscheduler(tid, class, &(struct sched_param){ 0 }) ? errno : 0;
}

static int run(char **argv)
{
	int err;

	if (argv[0] && !strcmp(argv[0], "--"))
		argv++;
	else if (argv[0] && argv[0][0] == '-') {
		fprintf(stderr, "scxuser: run: unknown option '%s'\n", argv[0]);
		bad_usage();
	}
	if (!argv[0]) {
		fprintf(stderr, "scxuser: run: want a command\n");
		bad_usage();
	}
	err = set_class(0, SCHED_EXT);
	if (err) {
		fprintf(stderr, "scxuser: run: %s\n", explain(err));
		return EXIT_OURS;
	}
	warn_if_none_is_attached();
	execvp(argv[0], argv);
	err = errno;
	fprintf(stderr, "scxuser: %s: %s\n", argv[0], strerror(err));
	return err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* Of one that is gone meanwhile, nothing. */
static int move_thread(pid_t tid, int class, unsigned int *nr_moved)
{
	int now = sched_getscheduler(tid), err = 0;

	if (now < 0)
		return errno == ESRCH ? 0 : errno;
	now &= ~SCHED_RESET_ON_FORK;
	/* What is in another class was not put there by us. */
	if (now != class && (class == SCHED_EXT || now == SCHED_EXT)) {
		err = set_class(tid, class);
		*nr_moved += !err;
	}
	return err == ESRCH ? 0 : err;
}

/* Return: an errno, or 0. */
static int move_threads(pid_t pid, int class, unsigned int *nr_moved)
{
	struct dirent *entry;
	char path[32];
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return errno;
	while (!err && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			err = move_thread(atoi(entry->d_name), class, nr_moved);
	closedir(dir);
	return err;
}

/* A thread may start another one while we look: so look until all is as it should be. */
static bool move_process(pid_t pid, int class)
{
	const char *what = class == SCHED_EXT ? "attach" : "detach";
	unsigned int nr_moved, nr_all = 0;
	int pass, err = 0;

	for (pass = 0; pass < MAX_PASSES && !err; pass++) {
		nr_moved = 0;
		err = move_threads(pid, class, &nr_moved);
		nr_all += nr_moved;
		if (!nr_moved)
			break;
	}
	if (err && !(nr_all && (err == ENOENT || err == ESRCH))) {
		fprintf(stderr, "scxuser: %s %d: %s\n", what, pid, explain(err));
		return false;
	}
	if (!nr_all && class != SCHED_EXT) {
		fprintf(stderr, "scxuser: %s %d: it is not in class SCHED_EXT\n", what, pid);
		return false;
	}
	return true;
}

static pid_t read_pid(const char *text)
{
	unsigned long pid;
	char *end;

	errno = 0;
	pid = strtoul(text, &end, 10);
	if (isdigit((unsigned char)text[0]) && !*end && !errno && pid && pid <= INT_MAX)
		return (pid_t)pid;
	fprintf(stderr, "scxuser: '%s': want a process id, from 1 to %d\n", text, INT_MAX);
	bad_usage();
}

/* All of them are looked at before the first is moved. */
static int move_all(char **argv, int class)
{
	int i, nr_failed = 0;

	if (!argv[0]) {
		fprintf(stderr, "scxuser: want a process id\n");
		bad_usage();
	}
	for (i = 0; argv[i]; i++)
		read_pid(argv[i]);
	if (class == SCHED_EXT)
		warn_if_none_is_attached();
	for (i = 0; argv[i]; i++)
		nr_failed += !move_process(read_pid(argv[i]), class);
	return nr_failed ? EXIT_FAILURE : 0;
}

static void read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};

	switch (getopt_long(argc, argv, "+Vh", options, NULL)) {
	case -1:
		return;
	case 'V':
		printf("scxuser (libscxuser) %s\n", scxu_version());
		exit(0);
	case 'h':
		print_help();
		exit(0);
	default:
		bad_usage();
	}
}

int main(int argc, char **argv)
{
	const char *command;

	read_options(argc, argv);
	command = argv[optind];
	if (!command)
		fprintf(stderr, "scxuser: want a command: run, attach or detach\n");
	else if (!strcmp(command, "run"))
		return run(argv + optind + 1);
	else if (!strcmp(command, "attach"))
		return move_all(argv + optind + 1, SCHED_EXT);
	else if (!strcmp(command, "detach"))
		return move_all(argv + optind + 1, SCHED_OTHER);
	else
		fprintf(stderr, "scxuser: unknown command '%s': want run, attach or detach\n",
			command);
	bad_usage();
}
