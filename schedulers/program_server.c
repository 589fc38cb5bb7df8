// SPDX-License-Identifier: GPL-2.0-only
/*
 * program_server.c - serves statistics on a socket, from a thread of its own.
 *
 * Nobody who connects costs the policy's thread anything: there is room for a few, and for so many
 * bytes of each, the one who was silent for longest makes room for the next, and all of them
 * together are served a hundred times a second at most.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "program.h"
#include "program_stats.h"

#define NR_CLIENTS 8
#define MAX_REQUEST 4096
#define MAX_ANSWER (24 << 10)
#define LIMIT_MS 10000 /* to finish a line, or to read an answer */
#define PAUSE_MS 10

struct client {
	int fd;                      /* -1: there is none */
	bool ended;                  /* will send no more */
	bool unwanted;               /* as soon as it was told why */
	int64_t active_ms;           /* when it last sent or took something */
	int64_t since_ms;            /* when it began that line, or we the answer */
	struct program_reading told; /* last */
	size_t nr_in, nr_out, nr_sent;
	char in[MAX_REQUEST];
	char out[MAX_ANSWER];
};

struct program_server {
	struct program *prog;
	int fd;
	struct sockaddr_un addr;
	struct stat file; /* of the socket, to know it again */
	struct client clients[NR_CLIENTS];
};

static void drop(struct client *c)
{
	close(c->fd);
	c->fd = -1;
}

/* The one who connected, not who it became since. */
static bool is_welcome(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) &&
	       (!peer.uid || peer.uid == geteuid());
}

/* Takes @object over. */
static void set_answer(struct client *c, struct json_object *object)
{
	const char *text = NULL;
	size_t size = 0;

	if (object)
		text = json_object_to_json_string_length(
			object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size);
	if (text && size < sizeof(c->out)) {
		memcpy(c->out, text, size);
		c->out[size] = '\n';
		c->nr_out = size + 1;
		c->nr_sent = 0;
		c->since_ms = program_now_ms();
	} else {
		drop(c); /* no memory */
	}
	json_object_put(object);
}

static void refuse(struct client *c, int err, const char *why)
{
	c->unwanted = true;
	c->nr_in = 0;
	set_answer(c, program_answer_error(err, "%s", why));
}

static struct client *find_room(struct program_server *server)
{
	struct client *oldest = &server->clients[0];
	int i;

	for (i = 0; i < NR_CLIENTS; i++) {
		if (server->clients[i].fd < 0)
			return &server->clients[i];
		if (server->clients[i].active_ms < oldest->active_ms)
			oldest = &server->clients[i];
	}
	drop(oldest);
	return oldest;
}

static bool accept_one(struct program_server *server)
{
	int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *c;

	if (fd < 0)
		return false;
	c = find_room(server);
	c->fd = fd;
	c->ended = c->unwanted = false;
	c->active_ms = program_now_ms();
	c->told = (struct program_reading){ .at_ms = server->prog->opened_ms };
	c->nr_in = c->nr_out = c->nr_sent = 0;
	if (!is_welcome(fd))
		refuse(c, EPERM, "only root and the user who runs the scheduler may ask");
	return true;
}

static void receive(struct client *c)
{
	ssize_t nr = recv(c->fd, c->in + c->nr_in, sizeof(c->in) - c->nr_in, 0);

	if (nr > 0) {
		c->active_ms = program_now_ms();
		if (!c->nr_in)
			c->since_ms = c->active_ms;
		c->nr_in += nr;
	} else if (!nr) {
		c->ended = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		drop(c);
	}
}

/* The bytes of the first line, with its end; the last one may have none. 0 = not all of it is here. */
static size_t line_size(const struct client *c)
{
	const char *end = memchr(c->in, '\n', c->nr_in);

	if (end)
		return end - c->in + 1;
	return c->ended ? c->nr_in : 0;
}

static void answer_line(struct program_server *server, struct client *c, size_t size)
{
	size_t length = size - (c->in[size - 1] == '\n');
	struct json_object *answer = program_answer(server->prog, c->in, length, &c->told);

	c->nr_in -= size;
	memmove(c->in, c->in + size, c->nr_in);
	set_answer(c, answer);
}

static void send_answer(struct client *c)
{
	ssize_t nr = send(c->fd, c->out + c->nr_sent, c->nr_out - c->nr_sent, MSG_NOSIGNAL);

	if (nr < 0) {
		if (errno != EAGAIN && errno != EINTR)
			drop(c);
		return;
	}
	c->active_ms = program_now_ms();
	c->nr_sent += nr;
	if (c->nr_sent < c->nr_out)
		return;
	c->nr_out = c->nr_sent = 0;
	c->since_ms = c->active_ms;
	if (c->unwanted)
		drop(c);
}

/* One request at most. */
static void serve(struct program_server *server, struct client *c)
{
	size_t size;

	if (!c->nr_out) {
		if (!c->ended && c->nr_in < sizeof(c->in))
			receive(c);
		if (c->fd < 0)
			return;
		size = line_size(c);
		if (size)
			answer_line(server, c, size);
		else if (c->ended)
			drop(c);
		else if (c->nr_in == sizeof(c->in))
			refuse(c, EMSGSIZE, "the request is too long: want less than 4096 bytes");
	}
	if (c->fd >= 0 && c->nr_out)
		send_answer(c);
}

static bool is_late(const struct client *c, int64_t now_ms)
{
	return (c->nr_in || c->nr_out) && now_ms - c->since_ms >= LIMIT_MS;
}

/* What we wait for of @c. Nothing more is taken of one who does not take the answer. */
static short wanted_events(const struct client *c)
{
	return c->nr_out ? POLLOUT : POLLIN;
}

static bool has_request(const struct client *c)
{
	return c->fd >= 0 && !c->nr_out && line_size(c);
}

/* Those who are late are looked for each second. */
static int wait_for_events(struct program_server *server, struct pollfd *fds, int wait_ms)
{
	const struct client *c;
	int i;

	for (i = 0; i < NR_CLIENTS; i++) {
		c = &server->clients[i];
		fds[i] = (struct pollfd){ .fd = c->fd, .events = wanted_events(c) };
		if (has_request(c))
			wait_ms = 0;
		else if (c->fd >= 0 && (c->nr_in || c->nr_out) && (wait_ms < 0 || wait_ms > 1000))
			wait_ms = 1000;
	}
	fds[NR_CLIENTS] = (struct pollfd){ .fd = server->fd, .events = POLLIN };
	return poll(fds, NR_CLIENTS + 1, wait_ms);
}

void program_server_turn(struct program_server *server, int wait_ms)
{
	struct pollfd fds[NR_CLIENTS + 1];
	struct client *c;
	int i;

	if (wait_for_events(server, fds, wait_ms) < 0)
		return;
	for (i = 0; i < NR_CLIENTS; i++) {
		c = &server->clients[i];
		if (c->fd >= 0 && (fds[i].revents || has_request(c)))
			serve(server, c);
		if (c->fd >= 0 && is_late(c, program_now_ms()))
			drop(c);
	}
	for (i = 0; i < NR_CLIENTS && fds[NR_CLIENTS].revents; i++)
		if (!accept_one(server))
			break;
}

static void make_folders(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	for (slash = folder + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		mkdir(folder, 0755); /* bind() says what is wrong */
		*slash = '/';
	}
}

/* Of a scheduler that was killed: nobody answers there. */
static bool is_stale(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool refused = fd >= 0 && connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) &&
		       errno == ECONNREFUSED;
	struct stat st;

	if (fd >= 0)
		close(fd);
	return refused && !lstat(addr->sun_path, &st) && S_ISSOCK(st.st_mode);
}

/* The mode is that of the open socket, less what umask() takes: there is no moment with another. */
static int bind_socket(int fd, const struct sockaddr_un *addr)
{
	const struct sockaddr *any = (const struct sockaddr *)addr;

	if (fd < 0 || fchmod(fd, 0600))
		return -1;
	if (!bind(fd, any, sizeof(*addr)))
		return 0;
	if (errno == ENOENT) {
		make_folders(addr->sun_path);
		return bind(fd, any, sizeof(*addr));
	}
	if (errno != EADDRINUSE || !is_stale(addr) || unlink(addr->sun_path)) {
		errno = EADDRINUSE;
		return -1;
	}
	return bind(fd, any, sizeof(*addr));
}

static const char *explain(int err)
{
	return err == EADDRINUSE ? "another process serves there, or it is no socket" :
				   strerror(err);
}

struct program_server *program_server_open(struct program *prog)
{
	struct program_server *server = calloc(1, sizeof(*server));
	int i, err = ENOMEM;

	if (!server)
		goto fail;
	server->prog = prog;
	server->addr.sun_family = AF_UNIX;
	snprintf(server->addr.sun_path, sizeof(server->addr.sun_path), "%s", prog->stats_path);
	for (i = 0; i < NR_CLIENTS; i++)
		server->clients[i].fd = -1;
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (!bind_socket(server->fd, &server->addr) && !listen(server->fd, NR_CLIENTS) &&
	    !lstat(server->addr.sun_path, &server->file))
		return server;
	err = errno;
	if (server->fd >= 0)
		close(server->fd);
	free(server);
fail:
	fprintf(stderr, "%s: no statistics at %s: %s\n", prog->name, prog->stats_path,
		explain(err));
	return NULL;
}

/* Somebody else may have put another one there. */
static void remove_socket(const struct program_server *server)
{
	struct stat st;

	if (!lstat(server->addr.sun_path, &st) && st.st_dev == server->file.st_dev &&
	    st.st_ino == server->file.st_ino)
		unlink(server->addr.sun_path);
}

void program_server_close(struct program_server *server)
{
	int i;

	remove_socket(server);
	for (i = 0; i < NR_CLIENTS; i++)
		if (server->clients[i].fd >= 0)
			drop(&server->clients[i]);
	close(server->fd);
	free(server);
}

static struct program_server *running; /* for exit(), while its thread goes on */

static void remove_running_socket(void)
{
	const struct program_server *server = __atomic_load_n(&running, __ATOMIC_ACQUIRE);

	if (server)
		remove_socket(server);
}

/*
 * The heap grows once, now, and not when somebody asks: by two of the longest answer, since the
 * pieces into which it falls later need not fit as well as they do now.
 */
static void warm_up(struct program *prog)
{
	static const char request[] = "{\"req\":\"stats_meta\"}";
	struct program_reading told = { .at_ms = 0 };
	struct json_object *answers[2];
	int i;

	for (i = 0; i < 2; i++) {
		answers[i] = program_answer(prog, request, sizeof(request) - 1, &told);
		if (answers[i])
			json_object_to_json_string_ext(answers[i], JSON_C_TO_STRING_PLAIN);
	}
	for (i = 0; i < 2; i++)
		json_object_put(answers[i]);
}

/* That this may wait for a disk is nothing to the policy's thread. */
static void *server_loop(void *arg)
{
	const struct timespec pause = { 0, PAUSE_MS * 1000000L };
	struct program_server *server = program_server_open(arg);

	warm_up(arg);
	__atomic_store_n(&running, server, __ATOMIC_RELEASE);
	while (server) {
		program_server_turn(server, -1);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

void program_start_server(struct program *prog)
{
	atexit(remove_running_socket);
	program_start_thread(prog, server_loop, "statistics at a socket");
}
