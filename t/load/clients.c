// SPDX-License-Identifier: GPL-2.0-only
/* Clients that mean no good to a server of statistics, all at once, for some seconds. */
#include "load.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define NR_CLIENTS 20
#define GOOD "{\"req\":\"stats\",\"args\":{\"target\":\"top\"}}\n"
#define LONG "{\"req\":\"stats_meta\"}\n" /* is its answer */

static const char usage[] = "usage: clients SECONDS SOCKET\n"
			    "Ends well if the server was there all the time and served somebody.\n";

static const char *path;
static unsigned long nr_connected, nr_answers;

static int connect_client(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0)
		die("socket");
	/* EAGAIN: more wait to be accepted than there is room for. */
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) && errno != EAGAIN)
		die("connect");
	nr_connected++;
	return fd;
}

/* Each does what it does again and again; false: it has enough of this connection. */
static bool flood(int fd)
{
	return send(fd, GOOD GOOD GOOD GOOD, 4 * (sizeof(GOOD) - 1), MSG_NOSIGNAL) > 0 ||
	       errno == EAGAIN;
}

static bool ask(int fd)
{
	char answer[4096];

	while (recv(fd, answer, sizeof(answer), 0) > 0)
		nr_answers++;
	return errno == EAGAIN && (send(fd, LONG, sizeof(LONG) - 1, MSG_NOSIGNAL) > 0 || flood(fd));
}

static bool send_noise(int fd)
{
	char noise[512];
	size_t i;

	for (i = 0; i < sizeof(noise); i++)
		noise[i] = rand();
	return (send(fd, noise, sizeof(noise), MSG_NOSIGNAL) > 0 || errno == EAGAIN) &&
	       recv(fd, noise, sizeof(noise), 0) != 0;
}

static bool nest(int fd)
{
	char open[256];

	memset(open, '[', sizeof(open) - 1);
	open[sizeof(open) - 1] = '\n';
	return send(fd, open, sizeof(open), MSG_NOSIGNAL) > 0 || errno == EAGAIN;
}

static bool trickle(int fd)
{
	return send(fd, "{", 1, MSG_NOSIGNAL) > 0;
}

static bool leave(int fd)
{
	send(fd, GOOD, sizeof(GOOD) / 2, MSG_NOSIGNAL);
	return false;
}

static bool say_nothing(int fd)
{
	return rand() % 64;
}

int main(int argc, char **argv)
{
	static bool (*const all[])(int fd) = { ask,     flood, send_noise, nest,
					       trickle, leave, say_nothing };
	int fds[NR_CLIENTS], i;
	uint64_t end_ns;

	if (argc != 3) {
		fputs(usage, stderr);
		return 2;
	}
	path = argv[2];
	end_ns = now_ns() + strtoul(argv[1], NULL, 10) * 1000000000;
	for (i = 0; i < NR_CLIENTS; i++)
		fds[i] = connect_client();
	while (now_ns() < end_ns) {
		for (i = 0; i < NR_CLIENTS; i++) {
			if (all[i % (sizeof(all) / sizeof(all[0]))](fds[i]))
				continue;
			close(fds[i]);
			fds[i] = connect_client();
		}
		sleep_ns(1000000);
	}
	printf("connections=%lu answers=%lu\n", nr_connected, nr_answers);
	return !nr_answers;
}
