// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* table.c - for policies: an entry of their own for each slot. */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

SCXU_API uint32_t scxu_get_nr_slots(struct scxu *s)
{
	return s->nr_slots;
}

SCXU_API int scxu_table_init(struct scxu_table *table, struct scxu *s, size_t entry_size)
{
	*table = (struct scxu_table){ 0 };
	if (!entry_size)
		return -EINVAL;
	table->entries = scxu_alloc_touched(s->nr_slots, entry_size);
	table->ids = scxu_alloc_touched(s->nr_slots, sizeof(*table->ids));
	if (!table->entries || !table->ids) {
		scxu_table_free(table);
		return -ENOMEM;
	}
	table->entry_size = entry_size;
	table->nr_slots = s->nr_slots;
	return 0;
}

SCXU_API void scxu_table_free(struct scxu_table *table)
{
	free(table->entries);
	free(table->ids);
	*table = (struct scxu_table){ 0 };
}

SCXU_API void *scxu_table_get(const struct scxu_table *table, uint32_t slot)
{
	return slot < table->nr_slots ? (char *)table->entries + slot * table->entry_size : NULL;
}

SCXU_API int scxu_table_claim(struct scxu_table *table, const struct scxu_task *t)
{
	uint64_t *id;

	if (t->slot >= table->nr_slots || !t->id)
		return -EINVAL;
	id = &table->ids[t->slot];
	if (t->id < *id)
		return -ESTALE;
	if (t->id == *id)
		return 0;
	*id = t->id;
	return 1;
}
