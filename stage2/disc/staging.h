// SPDX-License-Identifier: BSD-2-Clause
// Memory at the top of the RAM below 4 GiB, given out downwards, like a stack: for files that are
// decompressed and for whatever conventional memory has no room for.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/memory_map.h"

/* Starts with a range of RAM below 4 GiB. */
void staging_start(struct memory_range range);

/* Whether staging_start() was called. */
bool staging_is_started(void);

/* What was allocated so far no longer counts for staging_in_use(). */
void staging_give_up(void);

/* length bytes at a multiple of 4 KiB; NULL: there is not that much. */
uint8_t *staging_allocate(size_t length);

/* Reset: gives back all that was allocated after the mark. */
size_t staging_mark(void);
void staging_reset(size_t mark);

/* Bytes that staging_allocate() can still give out at once. */
size_t staging_free(void);

/* What is allocated, and so must not be overwritten. */
struct memory_range staging_in_use(void);
