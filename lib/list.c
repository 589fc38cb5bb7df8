// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* list.c - for policies: items in the order in which they came. */
#include <errno.h>

#include "internal.h"

/* Put @item between two neighbours; NULL stands for an end of the list. */
static int insert(struct scxu_list *list, struct scxu_list_item *item, struct scxu_list_item *prev,
		  struct scxu_list_item *next)
{
	if (item->list)
		return -EBUSY;
	item->list = list;
	item->prev = prev;
	item->next = next;
	*(prev ? &prev->next : &list->first) = item;
	*(next ? &next->prev : &list->last) = item;
	list->nr++;
	return 0;
}

SCXU_API int scxu_list_push(struct scxu_list *list, struct scxu_list_item *item)
{
	return insert(list, item, list->last, NULL);
}

SCXU_API int scxu_list_push_head(struct scxu_list *list, struct scxu_list_item *item)
{
	return insert(list, item, NULL, list->first);
}

SCXU_API int scxu_list_remove(struct scxu_list_item *item)
{
	struct scxu_list *list = item->list;

	if (!list)
		return -ENOENT;
	*(item->prev ? &item->prev->next : &list->first) = item->next;
	*(item->next ? &item->next->prev : &list->last) = item->prev;
	list->nr--;
	*item = (struct scxu_list_item){ 0 };
	return 0;
}

SCXU_API struct scxu_list_item *scxu_list_pop(struct scxu_list *list)
{
	struct scxu_list_item *item = list->first;

	if (item)
		scxu_list_remove(item);
	return item;
}
