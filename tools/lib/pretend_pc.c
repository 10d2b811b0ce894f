// SPDX-License-Identifier: BSD-2-Clause
// See pretend_pc.h.
#include "tools/lib/pretend_pc.h"

#include <string.h>
#include <sys/mman.h>

#define MIB            (UINT64_C(1) << 20)
#define DEVICES        (UINT64_C(3) << 30)
#define FOUR_GIB       (UINT64_C(4) << 30)
#define SMALLEST_ARENA ((size_t)64 << 20)

bool pretend_memory(struct pretend_memory *memory, uint32_t mib, struct error *error)
{
    uint64_t size = mib * MIB;
    uint64_t low = size < DEVICES ? size : DEVICES;
    const struct memory_range ranges[] = {
        {0x00000000, 0x0009fc00, MEMORY_AVAILABLE},
        {0x0009fc00, 0x00000400, MEMORY_RESERVED}, /* EBDA */
        {0x000f0000, 0x00010000, MEMORY_RESERVED}, /* BIOS */
        {MIB, low - MIB, MEMORY_AVAILABLE},
        {0xfffc0000, 0x00040000, MEMORY_RESERVED}, /* BIOS */
        {FOUR_GIB, size - low, MEMORY_AVAILABLE},
    };
    memcpy(memory->ranges, ranges, sizeof ranges);
    memory->map = (struct memory_map){memory->ranges, sizeof ranges / sizeof ranges[0],
                                      sizeof memory->ranges / sizeof memory->ranges[0]};
    return memory_map_normalise(&memory->map, error);
}

bool pretend_arena(struct arena *arena, size_t bytes, struct error *error)
{
    for (; bytes >= SMALLEST_ARENA; bytes /= 2) {
        void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base != MAP_FAILED) {
            *arena = (struct arena){.base = base, .size = bytes};
            return true;
        }
    }
    return fail(error, "out of memory");
}
