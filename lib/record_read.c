// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_read.c - a recording from its file, block by block.
 *
 * A block is used only when its checksum is right; what stands before one that is not is good.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

/* The first reason counts. */
bool record_refuse(struct record_reader *r, const char *why)
{
	if (r->why)
		return false;
	r->why = why;
	r->bad_offset = r->offset;
	if (r->p)
		r->bad_offset += RECORD_BLOCK_HEAD + (r->p - r->block);
	return false;
}

static bool refuse_block(struct record_reader *r, const char *why)
{
	r->p = r->end = NULL;
	return record_refuse(r, why);
}

static bool read_block(struct record_reader *r)
{
	uint8_t head[RECORD_BLOCK_HEAD];
	size_t nr;
	uint32_t len;

	r->offset = r->next_offset;
	nr = fread(head, 1, sizeof(head), r->f);
	if (!nr && !ferror(r->f))
		return refuse_block(r, "the end is missing");
	if (nr < sizeof(head))
		return refuse_block(r, ferror(r->f) ? "cannot read it" : "a block is cut off");
	len = record_get_fixed(head, 4);
	if (!len || len > RECORD_MAX_BLOCK)
		return refuse_block(r, "a block of impossible length");
	if (fread(r->block, 1, len, r->f) < len)
		return refuse_block(r, ferror(r->f) ? "cannot read it" : "a block is cut off");
	nr = record_get_fixed(head + 4, 4);
	if (record_sum(len, nr, r->block) != record_get_fixed(head + 8, 8))
		return refuse_block(r, "the checksum of a block is wrong");
	if (nr != r->nr_blocks++)
		return refuse_block(r, "a block is missing, or there twice");
	r->next_offset += sizeof(head) + len;
	r->p = r->block;
	r->end = r->block + len;
	return true;
}

static bool check_end(struct record_reader *r)
{
	if (r->p != r->end)
		return record_refuse(r, "something follows the end");
	r->offset = r->next_offset;
	r->p = r->end = NULL;
	if (fgetc(r->f) != EOF)
		return record_refuse(r, "something follows the end");
	r->complete = true;
	return true;
}

bool record_read(struct record_reader *r, struct record *rec)
{
	if (r->why || r->complete)
		return false;
	if (r->p == r->end && !read_block(r))
		return false;
	if (!record_get(r, rec))
		return false;
	if (rec->type != RECORD_END)
		return true;
	r->nr_lost = rec->nr;
	check_end(r);
	return false;
}

static int check_file_head(struct record_reader *r, const char *path, struct scxu *log)
{
	uint8_t head[RECORD_FILE_HEAD];
	uint32_t version;

	if (fread(head, 1, sizeof(head), r->f) < sizeof(head)) {
		if (ferror(r->f)) {
			scxu_error(log, "%s: cannot read it: %s", path, strerror(errno));
			return -EIO;
		}
		scxu_error(log, "%s: it is too short to be a recording", path);
		return -EBADMSG;
	}
	if (memcmp(head, RECORD_MAGIC, 8)) {
		scxu_error(log, "%s: it is not a recording of libscxuser", path);
		return -EBADMSG;
	}
	version = record_get_fixed(head + 8, 4);
	if (version == RECORD_VERSION)
		return 0;
	scxu_error(log, "%s: its format has version %u; libscxuser %s reads version %d", path,
		   version, scxu_version(), RECORD_VERSION);
	return -EOPNOTSUPP;
}

static bool is_power_of_two(uint64_t nr)
{
	return nr && !(nr & (nr - 1));
}

static bool read_head(struct record_reader *r, struct record *rec)
{
	const uint64_t *numbers = rec->head.numbers;

	if (!record_read(r, rec))
		return false;
	rec->head.name[RECORD_NAME_LEN - 1] = rec->head.version[RECORD_NAME_LEN - 1] = '\0';
	if (!numbers[RECORD_TAG_NR_CPUS] || numbers[RECORD_TAG_NR_CPUS] > RECORD_MAX_CPUS)
		return record_refuse(r, "an impossible number of CPUs");
	if (!is_power_of_two(numbers[RECORD_TAG_NR_SLOTS]) ||
	    numbers[RECORD_TAG_NR_SLOTS] > RECORD_MAX_SLOTS)
		return record_refuse(r, "an impossible number of slots");
	r->nr_cpus = numbers[RECORD_TAG_NR_CPUS];
	return true;
}

/* As many as the first of these records says. */
static bool read_cpus(struct record_reader *r, struct record *rec, struct topology_cpu *cpus)
{
	static const struct topology_cpu hole = { .group = { -1, -1, -1, -1 } };
	int cpu;

	for (cpu = 0; cpu < r->nr_cpus; cpu++)
		cpus[cpu] = hole;
	do {
		if (!record_read(r, rec))
			return false;
		if (rec->type != RECORD_CPU)
			return record_refuse(r, "a CPU is missing");
		cpus[rec->topology.cpu] = rec->topology.info;
	} while (rec->topology.cpu + 1 < r->nr_cpus);
	return true;
}

static int read_machine(struct record_reader *r, struct record *rec,
			struct scxu_topology **topology)
{
	struct topology_cpu *cpus = calloc(r->nr_cpus, sizeof(*cpus));
	int err;

	if (!cpus)
		return -ENOMEM;
	if (read_cpus(r, rec, cpus))
		return scxu_make_topology_of(topology, cpus, r->nr_cpus);
	err = r->why ? -EBADMSG : -EIO;
	free(cpus);
	return err;
}

static int read_start(struct record_reader *r, struct record_head *head,
		      struct scxu_topology **topology)
{
	struct record *rec = calloc(1, sizeof(*rec));
	uint32_t nr_slots;
	int err = -ENOMEM;

	if (rec && read_head(r, rec)) {
		*head = rec->head;
		nr_slots = head->numbers[RECORD_TAG_NR_SLOTS];
		err = record_memory_init(&r->memory, calloc(nr_slots, sizeof(struct record_slot)),
					 nr_slots);
		err = err ?: read_machine(r, rec, topology);
	} else if (rec) {
		err = -EBADMSG;
	}
	free(rec);
	return err;
}

static int open_file(struct record_reader *r, const char *path, struct scxu *log)
{
	int err;

	r->f = fopen(path, "re");
	if (r->f)
		return 0;
	err = -errno;
	scxu_error(log, "%s: cannot read it: %s", path, strerror(-err));
	return err;
}

int record_reader_open(struct record_reader *r, const char *path, struct record_head *head,
		       struct scxu_topology **topology, struct scxu *log)
{
	int err;

	*r = (struct record_reader){ .next_offset = RECORD_FILE_HEAD };
	err = open_file(r, path, log);
	err = err ?: check_file_head(r, path, log);
	if (err)
		return err;
	r->block = malloc(RECORD_MAX_BLOCK);
	err = r->block ? read_start(r, head, topology) : -ENOMEM;
	if (err == -EBADMSG)
		scxu_error(log, "%s: at byte %llu: %s", path, (unsigned long long)r->bad_offset,
			   r->why ?: "there is nothing after the options");
	return err;
}

void record_reader_close(struct record_reader *r)
{
	if (r->f)
		fclose(r->f);
	free(r->block);
	record_memory_free(&r->memory);
}
