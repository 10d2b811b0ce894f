// SPDX-License-Identifier: BSD-2-Clause
// See memory_map.h.
#include "loader/memory_map.h"

#include <string.h>

enum {
    KIB = 1024,
    LOWER_MEMORY_KIB = 640,
    MIB = 1024 * 1024,
};

static uint64_t end_of(const struct memory_range *range)
{
    uint64_t end;
    return __builtin_add_overflow(range->address, range->length, &end) ? UINT64_MAX : end;
}

/* The higher, the less a kernel may do with memory of this type. */
static unsigned restriction(uint32_t type)
{
    switch (type) {
    case MEMORY_AVAILABLE:
        return 0;
    case MEMORY_ACPI_RECLAIMABLE:
        return 1;
    case MEMORY_ACPI_NVS:
        return 2;
    case MEMORY_BAD:
        return 4;
    default:
        return 3;
    }
}

static void remove_at(struct memory_map *map, size_t index)
{
    map->count--;
    memmove(&map->ranges[index], &map->ranges[index + 1],
            (map->count - index) * sizeof map->ranges[0]);
}

/* Inserts a range by its address, after the index-th. False: the map is full. */
static bool insert_after(struct memory_map *map, size_t index, struct memory_range range)
{
    if (map->count == map->capacity) {
        return false;
    }
    size_t at = index + 1;
    while (at < map->count && map->ranges[at].address < range.address) {
        at++;
    }
    memmove(&map->ranges[at + 1], &map->ranges[at], (map->count - at) * sizeof map->ranges[0]);
    map->ranges[at] = range;
    map->count++;
    return true;
}

static void sort(struct memory_map *map)
{
    for (size_t i = 1; i < map->count; i++) {
        struct memory_range range = map->ranges[i];
        size_t at = i;
        for (; at > 0 && map->ranges[at - 1].address > range.address; at--) {
            map->ranges[at] = map->ranges[at - 1];
        }
        map->ranges[at] = range;
    }
}

/* Ranges index and index + 1 overlap, or touch and have one type: makes them disjoint or one. */
static bool resolve(struct memory_map *map, size_t index)
{
    struct memory_range first = map->ranges[index];
    struct memory_range second = map->ranges[index + 1];
    uint64_t first_end = end_of(&first);
    uint64_t second_end = end_of(&second);

    remove_at(map, index + 1);
    if (first.type == second.type) {
        uint64_t end = first_end > second_end ? first_end : second_end;
        map->ranges[index].length = end - first.address;
        return true;
    }
    if (restriction(second.type) > restriction(first.type)) {
        map->ranges[index].length = second.address - first.address;
        if (first_end > second_end) {
            struct memory_range rest = {second_end, first_end - second_end, first.type};
            if (!insert_after(map, index, rest)) {
                return false;
            }
        }
        if (map->ranges[index].length == 0) {
            map->ranges[index] = second;
            return true;
        }
        return insert_after(map, index, second);
    }
    if (second_end > first_end) {
        struct memory_range rest = {first_end, second_end - first_end, second.type};
        return insert_after(map, index, rest);
    }
    return true;
}

/* Whether a range and the next neither overlap nor can be joined. */
static bool are_apart(const struct memory_range *range, const struct memory_range *next)
{
    uint64_t end = end_of(range);
    return end < next->address || (end == next->address && range->type != next->type);
}

/* Whether the map is normalised already, as most firmware's maps are. */
static bool is_normal(const struct memory_map *map)
{
    const struct memory_range *range = map->ranges;
    for (size_t left = map->count; left > 0; left--, range++) {
        uint64_t last;
        if (range->length == 0 || __builtin_add_overflow(range->address, range->length, &last) ||
            (left > 1 && !are_apart(range, range + 1))) {
            return false;
        }
    }
    return true;
}

bool memory_map_normalise(struct memory_map *map, struct error *error)
{
    if (is_normal(map)) {
        return true;
    }
    for (size_t i = map->count; i-- > 0;) {
        map->ranges[i].length = end_of(&map->ranges[i]) - map->ranges[i].address;
        if (map->ranges[i].length == 0) {
            remove_at(map, i);
        }
    }
    sort(map);
    for (size_t i = 0; i + 1 < map->count;) {
        if (are_apart(&map->ranges[i], &map->ranges[i + 1])) {
            i++;
            continue;
        }
        if (!resolve(map, i)) {
            return fail(error, "the firmware's memory map is too fragmented");
        }
        i = i > 0 ? i - 1 : 0; /* what changed may now touch its predecessor */
    }
    return true;
}

static const struct memory_range *range_at(const struct memory_map *map, uint64_t address)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];
        if (address >= range->address && address < end_of(range)) {
            return range;
        }
    }
    return NULL;
}

bool memory_map_available(const struct memory_map *map, uint64_t address, uint64_t length,
                          struct memory_range *obstacle)
{
    const struct memory_range *range = range_at(map, address);
    if (range != NULL && range->type == MEMORY_AVAILABLE && length <= end_of(range) - address) {
        return true;
    }
    if (obstacle != NULL) {
        if (range != NULL && range->type == MEMORY_AVAILABLE) {
            address = end_of(range);
            range = range_at(map, address);
        }
        *obstacle = range != NULL ? *range : (struct memory_range){.address = address};
    }
    return false;
}

/* KiB of RAM from an address to the end of its range; 0: no RAM there. */
static uint64_t kib_from(const struct memory_map *map, uint64_t address)
{
    const struct memory_range *range = range_at(map, address);
    return range != NULL && range->type == MEMORY_AVAILABLE ? (end_of(range) - address) / KIB : 0;
}

uint32_t memory_map_lower_kib(const struct memory_map *map)
{
    uint64_t kib = kib_from(map, 0);
    return kib < LOWER_MEMORY_KIB ? (uint32_t)kib : LOWER_MEMORY_KIB;
}

uint32_t memory_map_upper_kib(const struct memory_map *map)
{
    uint64_t kib = kib_from(map, MIB);
    return kib < UINT32_MAX ? (uint32_t)kib : UINT32_MAX;
}
