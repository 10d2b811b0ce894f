// SPDX-License-Identifier: BSD-2-Clause
// The PC that the tools pretend to boot on: its memory, and the loader's working memory.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/error.h"
#include "loader/memory_map.h"

enum { PRETEND_RANGES = 2 * 6, PRETEND_TYPICAL_MIB = 4096 };

struct pretend_memory {
    struct memory_map map;
    struct memory_range ranges[PRETEND_RANGES];
};

/* The map, normalised, of a PC with so much memory (at least 2 MiB), 3 GiB of it below the devices
   at most. */
bool pretend_memory(struct pretend_memory *memory, uint32_t mib, struct error *error);

/* An arena of so much address space, or less if there is not so much; what is not used costs
   nothing. */
bool pretend_arena(struct arena *arena, size_t bytes, struct error *error);
