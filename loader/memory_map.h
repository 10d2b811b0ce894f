// SPDX-License-Identifier: BSD-2-Clause
// The physical memory map, in the terms of ACPI's INT 15h E820h interface (ACPI 6.x, 15.1).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/error.h"

enum memory_type {
    MEMORY_AVAILABLE = 1,
    MEMORY_RESERVED = 2,
    MEMORY_ACPI_RECLAIMABLE = 3,
    MEMORY_ACPI_NVS = 4,
    MEMORY_BAD = 5,
};

struct memory_range {
    uint64_t address; /* physical */
    uint64_t length;  /* bytes */
    uint32_t type;    /* enum memory_type, or the firmware's own number */
};

struct memory_map {
    struct memory_range *ranges;
    size_t count;
    size_t capacity;
};

/* Sorts by address, drops empty ranges, gives each byte that several ranges claim to the most
   restrictive of them, joins neighbours of one type. Needs capacity >= 2 * count. */
bool memory_map_normalise(struct memory_map *map, struct error *error);

/* Whether [address, address + length) is available RAM throughout; map normalised. If not, and if
   obstacle is not NULL, *obstacle is the first range in the way: type 0 for a hole in the map. */
bool memory_map_available(const struct memory_map *map, uint64_t address, uint64_t length,
                          struct memory_range *obstacle);

/* KiB of RAM up to the first hole; map normalised (Multiboot 1, 3.3: mem_lower and mem_upper).
   lower: from 0, at most 640. upper: from 1 MiB, at most UINT32_MAX. */
uint32_t memory_map_lower_kib(const struct memory_map *map);
uint32_t memory_map_upper_kib(const struct memory_map *map);
