// SPDX-License-Identifier: BSD-2-Clause
// Memory at the top of the RAM below 4 GiB, allocated downwards, like a stack: for decompressed
// files and for whatever conventional memory has no room for.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/memory_map.h"

/* Starts with a range of RAM below 4 GiB. */
void staging_start(struct memory_range range);

/* Whether staging_start() was called. */
bool staging_is_started(void);

/* Permits to overwrite what is allocated so far: staging_in_use() no longer has it. */
void staging_give_up(void);

/* Allocates length bytes at a multiple of 4 KiB. NULL: there is not that much. */
uint8_t *staging_allocate(size_t length);

/* staging_reset() frees all that was allocated after staging_mark() returned the mark. */
size_t staging_mark(void);
void staging_reset(size_t mark);

/* Nothing more can be allocated: the memory below what is in use belongs to somebody else now. */
void staging_end(void);

/* Bytes that staging_allocate() can still give out at once. */
size_t staging_free(void);

/* The allocated memory, which must not be overwritten. */
struct memory_range staging_in_use(void);
