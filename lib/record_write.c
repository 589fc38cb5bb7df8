// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* record_write.c - the file of a recording, and the thread that writes it while the policy runs. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "record.h"

#define STACK_SIZE (64 << 10) /* locked with the rest of our memory */
#define LOOK_NS (50 * NSEC_PER_MSEC)

/* The last word is filled up with zeros. */
uint64_t record_sum(uint32_t len, uint32_t nr, const uint8_t *bytes)
{
	uint64_t sum = record_add_to_sum(RECORD_SUM_START, (uint64_t)nr << 32 | len), word, four[4];

	for (; len >= sizeof(four); len -= sizeof(four), bytes += sizeof(four)) {
		memcpy(four, bytes, sizeof(four));
		sum = record_add_to_sum(sum, le64toh(four[0]));
		sum = record_add_to_sum(sum, le64toh(four[1]));
		sum = record_add_to_sum(sum, le64toh(four[2]));
		sum = record_add_to_sum(sum, le64toh(four[3]));
	}
	for (; len >= sizeof(word); len -= sizeof(word), bytes += sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		sum = record_add_to_sum(sum, le64toh(word));
	}
	word = 0;
	memcpy(&word, bytes, len);
	return record_add_to_sum(sum, le64toh(word));
}

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
	ssize_t nr;

	while (len) {
		nr = write(fd, bytes, len);
		if (nr < 0 && errno == EINTR)
			continue;
		if (nr <= 0)
			return nr < 0 ? -errno : -EIO;
		bytes += nr;
		len -= nr;
	}
	return 0;
}

static int write_two(int fd, const uint8_t *head, size_t head_len, const uint8_t *bytes, size_t len)
{
	struct iovec iov[2] = { { (void *)head, head_len }, { (void *)bytes, len } };
	ssize_t nr;

	do
		nr = writev(fd, iov, 2);
	while (nr < 0 && errno == EINTR);
	if (nr < 0)
		return -errno;
	if ((size_t)nr < head_len)
		return write_all(fd, head + nr, head_len - nr) ?: write_all(fd, bytes, len);
	return write_all(fd, bytes + (nr - head_len), len - (nr - head_len));
}

static int write_block(struct recorder *r, const uint8_t *bytes, size_t len)
{
	uint8_t head[RECORD_BLOCK_HEAD];

	record_put_fixed(head, len, 4);
	record_put_fixed(head + 4, r->nr_blocks, 4);
	record_put_fixed(head + 8, record_sum(len, r->nr_blocks++, bytes), 8);
	r->nr_bytes += sizeof(head) + len;
	return write_two(r->fd, head, sizeof(head), bytes, len);
}

/* It goes on: what cannot be written is thrown away, so that the policy's thread has room. */
static void fail(struct recorder *r, int err)
{
	r->err = err;
	scxu_log(r->s, SCXU_LOG_WARNING,
		 "%s: cannot write it: %s: recording ends, scheduling goes on", r->path,
		 strerror(-err));
}

static int write_file_head(struct recorder *r)
{
	uint8_t head[RECORD_FILE_HEAD] = RECORD_MAGIC;

	record_put_fixed(head + 8, RECORD_VERSION, 4);
	r->nr_bytes = sizeof(head);
	return write_all(r->fd, head, sizeof(head));
}

static bool has_content(const struct recorder *r)
{
	struct stat st;

	return !fstat(r->fd, &st) && S_ISREG(st.st_mode) && st.st_size;
}

static int overwrite(struct recorder *r)
{
	if (ftruncate(r->fd, 0))
		return -errno;
	return write_file_head(r);
}

/* All that is there. */
static void drain(struct recorder *r)
{
	const uint8_t *bytes;
	size_t len;
	int err;

	if (!r->nr_bytes && !r->err) {
		err = overwrite(r);
		if (err)
			fail(r, err);
	}
	while ((len = record_ring_peek(&r->ring, &bytes))) {
		if (!r->err) {
			err = write_block(r, bytes, len);
			if (err)
				fail(r, err);
		}
		if (r->err)
			r->nr_unwritten += len;
		record_ring_written(&r->ring, len);
	}
}

/* The policy's thread makes no system call for us, so we look by ourselves. */
static void *write_loop(void *arg)
{
	static const struct timespec pause = { 0, LOOK_NS };
	struct recorder *r = arg;
	bool stop;

	prctl(PR_SET_NAME, "scxu-record");
	setpriority(PRIO_PROCESS, gettid(), 19);
	do {
		stop = __atomic_load_n(&r->stop, __ATOMIC_ACQUIRE);
		if (__atomic_load_n(&r->begun, __ATOMIC_ACQUIRE))
			drain(r);
		if (!stop)
			nanosleep(&pause, NULL);
	} while (!stop);
	return NULL;
}

/* What is no file may block for ever when it is closed. */
static int check_file(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	return S_ISREG(st.st_mode) || S_ISCHR(st.st_mode) ? 0 : -EINVAL;
}

int record_open(struct recorder *r, const char *path)
{
	static const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK;

	r->path = strdup(path);
	if (!r->path)
		return -ENOMEM;
	r->fd = open(path, flags | O_EXCL, 0644);
	r->created = r->fd >= 0;
	if (r->fd < 0)
		r->fd = open(path, flags, 0644);
	return r->fd < 0 ? -errno : check_file(r->fd);
}

/* Signals are for the threads of the program. */
int record_start_writer(struct recorder *r)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int err = has_content(r) ? 0 : write_file_head(r);

	if (err)
		return err;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	err = pthread_create(&r->writer, &attr, write_loop, r);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	r->writing = !err;
	return -err;
}

void record_begin(struct recorder *r)
{
	__atomic_store_n(&r->begun, true, __ATOMIC_RELEASE);
}

int record_close(struct recorder *r)
{
	if (r->writing) {
		__atomic_store_n(&r->stop, true, __ATOMIC_RELEASE);
		pthread_join(r->writer, NULL);
		r->writing = false;
	}
	if (r->fd >= 0 && close(r->fd) && !r->err)
		r->err = -errno;
	r->fd = -1;
	if (r->created && !r->begun)
		unlink(r->path);
	r->created = false;
	return r->err;
}
