// SPDX-License-Identifier: BSD-2-Clause
// The memory map of a machine whose firmware we are.
#include "boot/bare/bare.h"
#include "stage2/firmware.h"

static struct memory_range ranges[BARE_RANGES];
static char no_command_line[] = "";

struct bare_machine bare_machine = {
    .map = {.ranges = ranges, .capacity = BARE_RANGES},
    .command_line = no_command_line,
};

void bare_add_range(uint64_t address, uint64_t length, enum memory_type type)
{
    struct memory_map *map = &bare_machine.map;
    if (map->count < map->capacity) {
        map->ranges[map->count++] = (struct memory_range){address, length, type};
    }
}

/* Normalised, so that `lsmmap` shows it as a firmware would tell it. */
bool firmware_memory_map(struct memory_map *map, struct error *error)
{
    const struct memory_map *known = &bare_machine.map;
    if (known->count == 0) {
        return fail(error, "nothing tells how much memory there is");
    }
    for (size_t i = 0; i < known->count; i++) {
        map->ranges[map->count++] = known->ranges[i];
    }
    return memory_map_normalise(map, error);
}
