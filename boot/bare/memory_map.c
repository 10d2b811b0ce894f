// SPDX-License-Identifier: BSD-2-Clause
// The memory map of a machine whose firmware we are.
#include <string.h>
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
    if (length == 0 || map->count == map->capacity) {
        return;
    }
    struct memory_range *at = &map->ranges[map->count++];
    for (; at > map->ranges && at[-1].address > address; at--) {
        *at = at[-1];
    }
    *at = (struct memory_range){address, length, type};
}

/* Normalised, so that `lsmmap` shows it as a firmware would tell it. */
bool firmware_memory_map(struct memory_map *map, struct error *error)
{
    const struct memory_map *known = &bare_machine.map;
    if (known->count == 0) {
        return fail(error, "nothing tells how much memory there is");
    }
    memcpy(map->ranges + map->count, known->ranges, known->count * sizeof known->ranges[0]);
    map->count += known->count;
    return memory_map_normalise(map, error);
}
