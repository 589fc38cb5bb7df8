// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recordings that are damaged in any way, by chance, under the reader and a policy that does anything:
 * none may crash, hang, or be taken for whole. SCXU_CASES says how many, SCXU_SEED which.
 *
 * Half of them get the right checksums, or nothing of them would get past these.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "any_policy.h"

#define MAX_FILE (1 << 20)
#define MAX_CASE_SEC 20

static uint8_t good[MAX_FILE], bad[2 * MAX_FILE];
static size_t good_size;
static int fd;
static uint64_t chance;

static size_t place_in(size_t size)
{
	return size ? next_random(&chance) % size : 0;
}

static size_t insert(uint8_t *bytes, size_t size, size_t max)
{
	size_t nr = 1 + place_in(16), at = place_in(size + 1), i;

	if (size + nr > max)
		return size;
	memmove(bytes + at + nr, bytes + at, size - at);
	for (i = 0; i < nr; i++)
		bytes[at + i] = next_random(&chance);
	return size + nr;
}

static size_t cut_out(uint8_t *bytes, size_t size)
{
	size_t at = place_in(size), nr = 1 + place_in(16);

	if (nr > size - at)
		nr = size - at;
	memmove(bytes + at, bytes + at + nr, size - at - nr);
	return size - nr;
}

static size_t repeat(uint8_t *bytes, size_t size)
{
	size_t from = place_in(size), to = place_in(size), nr = 1 + place_in(64);

	if (nr > size - from)
		nr = size - from;
	if (nr > size - to)
		nr = size - to;
	memmove(bytes + to, bytes + from, nr);
	return size;
}

/* Damage @bytes in one to four ways. Return: how many there are now, at most @max. */
static size_t damage(uint8_t *bytes, size_t size, size_t max)
{
	static const uint8_t special[] = { 0, 1, 0x7f, 0x80, 0xff };
	unsigned int nr = 1 + place_in(4);

	for (; nr && size; nr--) {
		switch (place_in(7)) {
		case 0:
			bytes[place_in(size)] ^= 1 << place_in(8);
			break;
		case 1:
			bytes[place_in(size)] = special[place_in(sizeof(special))];
			break;
		case 2:
			size = insert(bytes, size, max);
			break;
		case 3:
			size = cut_out(bytes, size);
			break;
		case 4:
			size = repeat(bytes, size);
			break;
		case 5:
			size = place_in(size + 1);
			break;
		default:
			bytes[place_in(size)] = next_random(&chance);
		}
	}
	return size;
}

static size_t damage_file(void)
{
	memcpy(bad, good, good_size);
	return damage(bad, good_size, sizeof(bad));
}

/* One of the blocks is damaged, and has the right head again. */
static size_t damage_block(void)
{
	size_t from, to = RECORD_FILE_HEAD, chosen = place_in(4), nr = 0, len;

	memcpy(bad, good, RECORD_FILE_HEAD);
	for (from = to; from < good_size; from += RECORD_BLOCK_HEAD + len, nr++) {
		uint8_t *head = bad + to, *bytes = head + RECORD_BLOCK_HEAD;
		size_t new_len;

		new_len = len = record_get_fixed(good + from, 4);
		memcpy(head, good + from, RECORD_BLOCK_HEAD + len);
		if (nr == chosen || from + RECORD_BLOCK_HEAD + len == good_size)
			new_len = damage(bytes, len, RECORD_MAX_BLOCK);
		record_put_fixed(head, new_len, 4);
		record_put_fixed(head + 4, nr, 4);
		record_put_fixed(head + 8, record_sum(new_len, nr, bytes), 8);
		to += RECORD_BLOCK_HEAD + new_len;
	}
	return to;
}

static void put_file(size_t size)
{
	if (ftruncate(fd, 0) || pwrite(fd, bad, size, 0) != (ssize_t)size)
		bail("cannot write %s", path);
}

/* What became of the cases. */
static struct {
	int nr_refused, nr_damaged, nr_whole;
} count;

static void replay_one(uint64_t events)
{
	struct scxu_exit_info info = { .sz = sizeof(info) };
	struct scxu_opts opts = opts_for(events, 0);
	struct policy p = { .random = chance };
	FILE *f = fopen("/dev/null", "w");
	struct scxu *s;

	memset(&kept, 0, sizeof(kept));
	opts.replay = path;
	alarm(MAX_CASE_SEC);
	if (scxu_open(&s, &opts)) {
		count.nr_refused += kept.nr_errors == 1;
		fclose(f);
		return;
	}
	run(s, &p);
	if (scxu_shutdown_and_report(s, &info))
		count.nr_damaged += strstr(info.message, "at byte") != NULL;
	else
		count.nr_whole++;
	scxu_write_summary(s, fileno(f), SCXU_SUMMARY_TEXT);
	scxu_write_summary(s, fileno(f), SCXU_SUMMARY_JSON);
	scxu_close(s);
	fclose(f);
}

static void make_good(uint64_t seed, uint64_t events, uint32_t fields)
{
	struct policy p = { .random = seed };
	ssize_t size;

	record_run(run, &p, seed, events, fields, false);
	size = pread(fd, good, sizeof(good), 0);
	if (size <= 0 || size == sizeof(good))
		bail("cannot read %s", path);
	good_size = size;
}

static uint64_t number_from(const char *variable, uint64_t dflt)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : dflt;
}

static void fuzz(uint64_t events, uint32_t fields, int nr_cases)
{
	int i, nr_same = 0;
	size_t size;

	make_good(chance, events, fields);
	memset(&count, 0, sizeof(count));
	for (i = 0; i < nr_cases; i++) {
		size = damage_file();
		if (size == good_size && !memcmp(bad, good, size)) {
			nr_same++;
			continue;
		}
		put_file(size);
		replay_one(events);
	}
	is_int(count.nr_whole, 0, "of %d damaged files none passes as whole", nr_cases);
	is_int(count.nr_refused + count.nr_damaged + nr_same, nr_cases, "and each is told of");
	ok(count.nr_refused && count.nr_damaged, "%d are refused, %d are read up to somewhere",
	   count.nr_refused, count.nr_damaged);
	memset(&count, 0, sizeof(count));
	for (i = 0; i < nr_cases; i++) {
		put_file(damage_block());
		replay_one(events);
	}
	is_int(count.nr_refused + count.nr_damaged + count.nr_whole, nr_cases,
	       "%d with good checksums: all end", nr_cases);
	ok(count.nr_refused && count.nr_damaged, "%d refused, %d up to somewhere, %d whole",
	   count.nr_refused, count.nr_damaged, count.nr_whole);
}

int main(void)
{
	static const uint64_t some = SCXU_EVENT_BIT(SCXU_EVENT_SLEEP) |
				     SCXU_EVENT_BIT(SCXU_EVENT_CPU_ONLINE) |
				     SCXU_EVENT_BIT(SCXU_EVENT_CGROUP_WEIGHT);
	int nr_cases = number_from("SCXU_CASES", 1000);
	struct rusage usage;

	chance = number_from("SCXU_SEED", 1) ?: 1;
	fd = memfd_create("recording", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	diag("SCXU_SEED=%llu SCXU_CASES=%d", (unsigned long long)chance, nr_cases);
	fuzz(0, 0, nr_cases);
	fuzz(some, ANY_FIELDS, nr_cases);
	getrusage(RUSAGE_SELF, &usage);
	ok(usage.ru_maxrss < 1 << 20, "the most memory in use was %ld KiB", usage.ru_maxrss);
	return done_testing();
}
