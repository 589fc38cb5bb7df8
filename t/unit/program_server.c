// SPDX-License-Identifier: GPL-2.0-only
/* The server of statistics: the protocol, and clients that are slow, silent, many or hostile. */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../schedulers/program.h"
#include "../tap.h"

#define GOOD "{\"req\":\"stats\",\"args\":{\"target\":\"top\"}}\n"
#define NR_MANY 100
#define NR_RANDOM 3000

static char folder[] = "/tmp/scxuser-server.XXXXXX";
static char path[64];
static struct program prog = { .name = "scx_test", .stats_path = path };
static struct program_server *server;
static struct program_reading reading;
static int64_t extra_sec; /* how far the clock is ahead */
static bool somebody_else;
static unsigned int nr_reads;

int __real_clock_gettime(clockid_t clock, struct timespec *ts);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	int err = __real_clock_gettime(clock, ts);

	ts->tv_sec += extra_sec;
	return err;
}

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size);

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	int err = __real_getsockopt(fd, level, name, value, size);

	if (somebody_else && name == SO_PEERCRED)
		((struct ucred *)value)->uid = geteuid() + 1;
	return err;
}

/* What the program's other files would do. */
void program_read(struct program *p, struct program_reading *r)
{
	*r = reading;
	nr_reads++;
}

void program_start_thread(struct program *p, void *(*run)(void *), const char *what)
{
}

static int connect_client(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		bail("connect: %s", strerror(errno));
	program_server_turn(server, 0);
	return fd;
}

static void send_bytes(int fd, const char *bytes, size_t size)
{
	if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
		diag("sent less than %zu bytes: %s", size, strerror(errno));
}

static void send_text(int fd, const char *text)
{
	send_bytes(fd, text, strlen(text));
}

/* A line, while the server works; NULL = closed, "" = nothing came in a hundred turns. */
static const char *next_line(int fd)
{
	static char line[32 << 10];
	size_t nr = 0;
	int turn = 0;
	ssize_t got;

	while (turn < 100 && nr < sizeof(line) - 1) {
		got = recv(fd, line + nr, 1, 0);
		if (!got || (got < 0 && errno != EAGAIN))
			return NULL;
		if (got < 0) {
			program_server_turn(server, 0);
			turn++;
			continue;
		}
		if (line[nr++] == '\n') {
			line[nr - 1] = 0;
			return line;
		}
	}
	return "";
}

static bool is_closed(int fd)
{
	return !next_line(fd);
}

/* The "resp" of the next answer, to be put; NULL = it is not what the protocol wants. */
static struct json_object *next_resp(int fd, int *err)
{
	const char *line = next_line(fd), *why = NULL;
	struct json_object *answer, *value, *resp = NULL;

	*err = -1;
	answer = line ? program_json_read(line, strlen(line), &why) : NULL;
	if (answer && json_object_object_get_ex(answer, "errno", &value))
		*err = json_object_get_int(value);
	if (answer && json_object_object_get_ex(answer, "args", &value) &&
	    json_object_object_get_ex(value, "resp", &resp))
		json_object_get(resp);
	else
		diag("no answer: %.80s (%s)", line ? line : "closed", why ? why : "");
	json_object_put(answer);
	return resp;
}

static bool gets_stats(int fd)
{
	struct json_object *resp;
	int err;

	send_text(fd, GOOD);
	resp = next_resp(fd, &err);
	json_object_put(resp);
	return resp && !err;
}

static double field(struct json_object *resp, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(resp, name, &value) ? json_object_get_double(value) : -1;
}

static void test_file(void)
{
	struct stat st;

	umask(0);
	snprintf(path, sizeof(path), "%s/a/b/stats", folder);
	server = program_server_open(&prog);
	ok(server && !lstat(path, &st) && S_ISSOCK(st.st_mode),
	   "it makes the folders and the socket");
	is_int(st.st_mode & 07777, 0600, "which is for its user alone, whatever the umask");
	ok(!program_server_open(&prog), "a second server is refused the same place");
	ok(!access(path, F_OK), "and the first one stays");
}

static void test_stats(void)
{
	int fd = connect_client(), err;
	struct json_object *resp;

	prog.opened_ms = program_now_ms() - 10000;
	close(fd);
	fd = connect_client();
	reading = (struct program_reading){ .at_ms = prog.opened_ms + 10000 };
	reading.stats.nr_tasks = 17;
	reading.stats.nr_dispatched = 5000;
	reading.stats.max_fallback_ns = 2900000;
	reading.stats.kernel_bypass_ns = 1250000;
	send_text(fd, "{\"req\":\"stats\"} \r\n");
	resp = next_resp(fd, &err);
	is_int(err, 0, "stats, without arguments: errno");
	is_int(field(resp, "tasks"), 17, "a gauge");
	is_int(field(resp, "decisions"), 5000, "a counter");
	is_int(field(resp, "per_s"), 500, "the first time, by the second since the start");
	is_int(field(resp, "max_fallback_ms"), 2, "a time");
	is_int(field(resp, "kernel_bypass_ms") * 10, 12, "one with a decimal");
	is_int(field(resp, "seen_p50_us"), -1, "nothing that is not measured");
	json_object_put(resp);

	reading.at_ms += 2000;
	reading.stats.nr_dispatched += 300;
	reading.has_waits = true;
	reading.waits.enqueue_to_seen[12] = 10;
	send_text(fd, GOOD);
	resp = next_resp(fd, &err);
	is_int(field(resp, "per_s"), 150, "then by the second since the last time");
	ok(field(resp, "seen_p50_us") > 0, "and what is measured");
	json_object_put(resp);

	reading.at_ms += 2000;
	reading.stats.nr_dispatched = 40;
	send_text(fd, GOOD);
	resp = next_resp(fd, &err);
	is_int(field(resp, "per_s"), 20, "after a restart it begins anew");
	json_object_put(resp);
	close(fd);
}

static const char *string(struct json_object *object, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(object, name, &value) ? json_object_get_string(value) : "";
}

/* Return: how many fields of @resp the meta does not tell, or tells to be something else. */
static int nr_untold(struct json_object *resp, struct json_object *meta)
{
	struct json_object *top, *fields, *told;
	const char *want;
	int nr = 0;

	if (!json_object_object_get_ex(meta, "Stats", &top) ||
	    !json_object_object_get_ex(top, "fields", &fields) ||
	    strcmp(string(top, "top"), "true"))
		return -1;
	json_object_object_foreach(resp, key, value)
	{
		want = json_object_is_type(value, json_type_int)    ? "u64" :
		       json_object_is_type(value, json_type_double) ? "float" :
								      "string";
		if (!json_object_object_get_ex(fields, key, &told) ||
		    strcmp(string(told, "datum"), want) || !string(told, "desc")[0]) {
			diag("%s: want \"%s\"", key, want);
			nr++;
		}
	}
	return nr;
}

static void test_meta(void)
{
	int fd = connect_client(), err;
	struct json_object *resp, *meta;

	send_text(fd, GOOD "{\"req\":\"stats_meta\",\"args\":{}}\n" GOOD);
	resp = next_resp(fd, &err);
	meta = next_resp(fd, &err);
	is_int(err, 0, "stats_meta: errno");
	ok(json_object_object_length(resp) > 40, "there are many statistics");
	is_int(nr_untold(resp, meta), 0, "and the meta says what each of them is");
	json_object_put(resp);
	json_object_put(meta);
	resp = next_resp(fd, &err);
	is_int(err, 0, "three requests at once have three answers");
	json_object_put(resp);
	close(fd);
}

static char nested[1000], not_utf8[] = "{\"req\":\"st\xff\xfe\"}", long_name[3001];

static void test_bad_requests(void)
{
	static const struct {
		const char *text;
		size_t size; /* 0 = that of the text */
		const char *error;
		const char *newer; /* what json-c says from 0.18 on, if it is another thing */
	} bad[] = {
		{ "", 0, "not a line of JSON", NULL },
		{ "stats", 0, "not a line of JSON", NULL },
		{ "{\"req\":\"stats\"", 0, "no whole object", NULL },
		{ "{\"req\":\"stats\",\"args\":{\"target\":\"top\"}", 0, "no whole object", NULL },
		{ "{\"req\":\"stats\"} {\"req\":\"stats\"}", 0, "not a line of JSON", NULL },
		{ "{'req':'stats'}", 0, "not a line of JSON", NULL },
		{ "{\"req\":\"stats\"}\0\0", 17, "a 0 byte", NULL },
		{ not_utf8, 0, "utf-8", NULL },
		{ nested, sizeof(nested), "nesting too deep", NULL },
		{ "null", 0, "no whole object", NULL },
		{ "[\"stats\"]", 0, "want an object", NULL },
		{ "7", 0, "no whole object", NULL },
		{ "{}", 0, "no req: want stats or stats_meta", NULL },
		{ "{\"args\":{}}", 0, "no req", NULL },
		{ "{\"req\":null}", 0, "req: want a string", NULL },
		{ "{\"req\":99999999999999999999999999999999}", 0, "req: want a string",
		  "number expected" },
		{ "{\"req\":1e999}", 0, "req: want a string", NULL },
		{ "{\"req\":\"reboot\"}", 0, "unknown request 'reboot': want stats or stats_meta",
		  NULL },
		{ "{\"req\":\"\"}", 0, "unknown request ''", NULL },
		/* There is but ASCII in good ones, so that 0.18 has no other in strict mode is no harm. */
		{ long_name, 0, "unknown request 'ää", "invalid utf-8" },
		{ "{\"req\":\"stats\",\"user\":\"me\"}", 0,
		  "unknown field 'user': want req and args", NULL },
		{ "{\"req\":\"stats\",\"args\":null}", 0, "args: want an object", NULL },
		{ "{\"req\":\"stats\",\"args\":[1]}", 0, "args: want an object", NULL },
		{ "{\"req\":\"stats\",\"args\":{\"target\":-1}}", 0, "target: want a string",
		  NULL },
		{ "{\"req\":\"stats\",\"args\":{\"target\":\"all\"}}", 0,
		  "unknown target 'all': want top", NULL },
		{ "{\"req\":\"stats\",\"args\":{\"cpu\":\"1\"}}", 0, "unknown argument 'cpu'",
		  NULL },
	};
	int fd = connect_client(), err;
	struct json_object *resp;
	const char *text;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		send_bytes(fd, bad[i].text, bad[i].size ? bad[i].size : strlen(bad[i].text));
		send_text(fd, "\n");
		resp = next_resp(fd, &err);
		text = resp ? json_object_get_string(resp) : "no answer";
		ok(err == EINVAL && (strcasestr(text, bad[i].error) ||
				     (bad[i].newer && strcasestr(text, bad[i].newer))),
		   "refused: %.40s",
		   i == 8 ? "[[[[" :
		   i == 7 ? "no UTF-8" :
			    bad[i].text);
		diag("%s", text);
		json_object_put(resp);
	}
	ok(gets_stats(fd), "after all of these it still answers the same client");
	close(fd);
}

static void test_too_long(void)
{
	static char many[8192];
	int fd = connect_client(), err;
	struct json_object *resp;

	memset(many, ' ', sizeof(many));
	send_bytes(fd, many, sizeof(many));
	resp = next_resp(fd, &err);
	is_int(err, EMSGSIZE, "a request of more than 4096 bytes: errno");
	ok(resp && strstr(json_object_get_string(resp), "too long"), "and says so");
	ok(is_closed(fd), "and the connection ends, since nobody knows where the next one begins");
	json_object_put(resp);
	close(fd);
}

static void test_slow(void)
{
	const char *c;
	int slow = connect_client(), half = connect_client(), fd = connect_client();

	for (c = "{\"req\":\"stats\"}"; *c; c++) {
		send_bytes(slow, c, 1);
		program_server_turn(server, 0);
	}
	send_text(slow, "\n");
	ok(next_line(slow)[0] == '{', "a request that comes byte by byte is answered");
	send_text(half, "{\"req\":");
	program_server_turn(server, 0);
	extra_sec += 9;
	send_text(half, "\"");
	ok(gets_stats(fd), "half a request holds nobody up");
	ok(!is_closed(half), "and may take its time");
	extra_sec += 2;
	program_server_turn(server, 0);
	ok(is_closed(half), "but after ten seconds the connection ends");
	ok(!is_closed(slow), "not so one on which nothing is asked");
	close(slow);
	close(half);
	close(fd);
}

/* Asks without end, and does not read. */
static void test_deaf(void)
{
	int deaf = connect_client(), fd = connect_client(), nr, turn;
	unsigned int nr_before = nr_reads;

	for (nr = 0; send(deaf, GOOD, sizeof(GOOD) - 1, MSG_NOSIGNAL) > 0; nr++)
		;
	program_server_turn(server, 0);
	is_int(nr_reads - nr_before, 1, "of %d requests at once, one is served in a turn", nr);
	for (turn = 0; turn < 1000; turn++) {
		program_server_turn(server, 0);
		while (send(deaf, GOOD, sizeof(GOOD) - 1, MSG_NOSIGNAL) > 0)
			;
	}
	ok(gets_stats(fd), "one who asks and asks and reads nothing holds nobody up");
	nr_before = nr_reads;
	for (turn = 0; turn < 10; turn++)
		program_server_turn(server, 0);
	is_int(nr_reads - nr_before, 0, "and is not served on");
	extra_sec += 11;
	program_server_turn(server, 0);
	ok(send(deaf, "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE,
	   "after ten seconds the connection ends");
	close(deaf);
	close(fd);
}

static void test_many(void)
{
	int fds[NR_MANY], i, nr_open = 0;

	for (i = 0; i < NR_MANY; i++) {
		fds[i] = connect_client();
		extra_sec++;
	}
	ok(gets_stats(fds[NR_MANY - 1]), "after many silent ones, the last one is served");
	for (i = 0; i < NR_MANY; i++)
		nr_open += !is_closed(fds[i]);
	is_int(nr_open, 8, "the others that were silent longest made room");
	ok(!is_closed(fds[NR_MANY - 8]) && is_closed(fds[0]), "these and no others");
	for (i = 0; i < NR_MANY; i++)
		close(fds[i]);
	program_server_turn(server, 0);
}

static void test_leavers(void)
{
	int fd;

	fd = connect_client();
	send_text(fd, "{\"req\":\"sta");
	close(fd);
	program_server_turn(server, 0);
	fd = connect_client();
	send_text(fd, GOOD GOOD GOOD);
	close(fd);
	program_server_turn(server, 0);
	fd = connect_client();
	ok(gets_stats(fd), "who leaves in the middle is forgotten");
	send_text(fd, "{\"req\":\"stats\"}");
	shutdown(fd, SHUT_WR);
	ok(next_line(fd)[0] == '{', "the last line needs no end");
	ok(is_closed(fd), "and then it is over");
	close(fd);
}

static void test_somebody_else(void)
{
	struct json_object *resp;
	int fd, err;

	somebody_else = true;
	fd = connect_client();
	send_text(fd, GOOD);
	resp = next_resp(fd, &err);
	is_int(err, geteuid() + 1 ? EPERM : 0, "another user is refused: errno");
	ok(resp && strstr(json_object_get_string(resp), "only root"), "and is told so");
	ok(is_closed(fd), "and has to leave");
	json_object_put(resp);
	close(fd);
	somebody_else = false;
}

/* Each line is answered, or the connection ends: then a new one is there. */
static void test_random(void)
{
	static const char alphabet[] =
		"{}[]\":,\\u0019e-+.reqstatsargstarget \n\n\n\xc3\xa4\xff\x01";
	int fd = connect_client(), i, j, nr_silent = 0;
	char line[64];

	srand(1);
	for (i = 0; i < NR_RANDOM; i++) {
		for (j = 0; j < (int)sizeof(line) - 1; j++)
			line[j] = rand() % 8 ? alphabet[rand() % (sizeof(alphabet) - 1)] : rand();
		line[j] = '\n';
		send_bytes(fd, line, sizeof(line));
		for (j = 0; j < 100; j++)
			program_server_turn(server, 0);
		while (recv(fd, line, sizeof(line), 0) > 0)
			j = 0;
		nr_silent += j != 0;
	}
	is_int(nr_silent, 0, "%d lines of random bytes are answered", NR_RANDOM);
	ok(gets_stats(fd), "and then a good one");
	close(fd);
}

static void leave_stale_socket(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 1))
		bail("bind: %s", strerror(errno));
	close(fd);
}

static void test_other_files(void)
{
	int fd;

	program_server_close(server);
	ok(access(path, F_OK), "at the end the socket is removed");
	leave_stale_socket();
	server = program_server_open(&prog);
	ok(server, "one that a killed scheduler has left is replaced");
	fd = connect_client();
	ok(gets_stats(fd), "and served");
	close(fd);

	unlink(path);
	leave_stale_socket();
	program_server_close(server);
	ok(!access(path, F_OK), "one that somebody else has put there is not removed");
	unlink(path);

	close(open(path, O_CREAT | O_WRONLY, 0600));
	ok(!program_server_open(&prog) && !access(path, F_OK), "nor is a file");
	unlink(path);
	ok(!symlink("/dev/null", path) && !program_server_open(&prog), "nor a link");
	unlink(path);
	snprintf(path, sizeof(path), "/proc/no/stats");
	ok(!program_server_open(&prog), "where no folder can be made there is no server");
}

static void remove_folders(void)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/a/b", folder);
	rmdir(name);
	snprintf(name, sizeof(name), "%s/a", folder);
	rmdir(name);
	rmdir(folder);
}

int main(void)
{
	unsigned int i;

	if (!mkdtemp(folder))
		bail("mkdtemp: %s", strerror(errno));
	memset(nested, '[', sizeof(nested));
	strcpy(long_name, "{\"req\":\""); /* so that 63 bytes end within a character */
	for (i = 0; i < 1400; i++)
		strcat(long_name, "ä");
	strcat(long_name, "\"}");
	test_file();
	test_stats();
	test_meta();
	test_bad_requests();
	test_too_long();
	test_slow();
	test_deaf();
	test_many();
	test_leavers();
	test_somebody_else();
	test_random();
	test_other_files();
	remove_folders();
	return done_testing();
}
