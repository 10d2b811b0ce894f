// SPDX-License-Identifier: BSD-2-Clause
// See placement.h: for relocatable images, which only Multiboot 2 has.
#include "loader/placement.h"

bool placement_find_high(const struct memory_map *map, uint32_t length, uint32_t alignment,
                         uint32_t lowest, uint32_t limit, uint32_t *address)
{
    for (size_t i = map->count; i-- > 0;) {
        const struct memory_range *range = &map->ranges[i];
        uint64_t end = range->address + range->length;
        end = end < limit ? end : limit;
        if (range->type == MEMORY_AVAILABLE && end >= length) {
            *address = (uint32_t)(end - length) & ~(alignment - 1);
            if (*address >= lowest && *address >= range->address) {
                return true;
            }
        }
    }
    return false;
}
