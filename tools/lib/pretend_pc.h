// SPDX-License-Identifier: BSD-2-Clause
// The PC on which the tools pretend to boot: its memory map, and the loader's working memory.
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

/* Makes the normalised memory map of a PC with this many MiB of memory (at least 2). At most 3 GiB
   are below the devices; the rest is above 4 GiB. */
bool pretend_memory(struct pretend_memory *memory, uint32_t mib, struct error *error);

/* Maps an arena of this many bytes of address space; a half, a quarter … if there are fewer. Pages
   that are not used take no memory. */
bool pretend_arena(struct arena *arena, size_t bytes, struct error *error);
