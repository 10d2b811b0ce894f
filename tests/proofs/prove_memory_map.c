// SPDX-License-Identifier: BSD-2-Clause
// The memory map (loader/memory_map.c): any map of up to two ranges is normalised and asked.
#include "tests/proofs/prove.h"

#include "loader/memory_map.c"

enum { MOST_RANGES = 2 };

int main(void)
{
    struct memory_range ranges[2 * MOST_RANGES], obstacle;
    struct error error;
    ANY(ranges);
    for (size_t count = 0; count <= MOST_RANGES; count++) {
        struct memory_map map = {ranges, count, 2 * MOST_RANGES};
        if (memory_map_normalise(&map, &error)) {
            memory_map_available(&map, any_64(), any_64(), &obstacle);
            memory_map_lower_kib(&map);
            memory_map_upper_kib(&map);
        }
    }
    return 0;
}
