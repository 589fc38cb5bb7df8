/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fail_alloc.h - have one of the library's allocations fail.
 *
 * For programs linked with -Wl,--wrap=malloc,--wrap=calloc.
 */
#ifndef T_FAIL_ALLOC_H
#define T_FAIL_ALLOC_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static int fail_alloc; /* this one from now on fails: 1 = the next; 0 = none */

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);

static inline bool alloc_fails(void)
{
	if (!fail_alloc || --fail_alloc)
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return alloc_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return alloc_fails() ? NULL : __real_calloc(nr, size);
}

#endif
