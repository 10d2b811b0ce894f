// SPDX-License-Identifier: BSD-2-Clause
// The memory map by INT 15h: E820h (ACPI 6.x, 15.1), or, on firmware without it, E801h, or 88h.
#include <string.h>
#include "boot/bios/bios.h"
#include "stage2/firmware.h"

enum {
    INT_SYSTEM = 0x15,
    SYSTEM_E801 = 0xe801,
    SYSTEM_88 = 0x8800,
    RANGES = 0x1000, /* real_mode.inc */
    KIB = 1024,
    MIB = 1024 * 1024,
};

/* One range of INT 15h E820h (ACPI 6.x, table 15.5). */
struct address_range {
    uint64_t base;
    uint64_t length;
    uint32_t type;
    uint32_t extended_attributes;
} __attribute__((packed));
_Static_assert(sizeof(struct address_range) == 24, "real_mode.inc knows this size");

/* The end of the memory map that mode_switch.asm stored at RANGES before stage 2 started. The stack
   may overwrite its last ranges later. */
extern const uint16_t ranges_end;

static bool add(struct memory_map *map, uint64_t address, uint64_t length, uint32_t type)
{
    if (map->count == map->capacity) {
        return false;
    }
    map->ranges[map->count++] = (struct memory_range){address, length, type};
    return true;
}

static bool read_e820(struct memory_map *map)
{
    const struct address_range *range = (const struct address_range *)RANGES;
    const struct address_range *end = (const struct address_range *)(uintptr_t)ranges_end;
    for (; range < end; range++) {
        add(map, range->base, range->length, range->type);
    }
    return map->count != 0;
}

/* Adds conventional memory, the KiB from 1 MiB, and the 64 KiB blocks from 16 MiB upwards. */
static bool add_sizes(struct memory_map *map, uint32_t kib_above_1m, uint32_t blocks_above_16m)
{
    return add(map, 0, (uint64_t)bda_word(BDA_MEMORY_KIB) * KIB, MEMORY_AVAILABLE) &&
           add(map, MIB, (uint64_t)kib_above_1m * KIB, MEMORY_AVAILABLE) &&
           add(map, 16 * MIB, (uint64_t)blocks_above_16m * 64 * KIB, MEMORY_AVAILABLE);
}

static bool read_e801(struct memory_map *map)
{
    struct bios_registers registers = {.eax = SYSTEM_E801};
    bios_call(INT_SYSTEM, &registers);
    if (bios_failed(&registers)) {
        return false;
    }
    /* Firmware answers in AX and BX, or in CX and DX, or in both. */
    uint32_t kib = registers.ecx & 0xffff ? registers.ecx & 0xffff : registers.eax & 0xffff;
    uint32_t blocks = registers.ecx & 0xffff ? registers.edx & 0xffff : registers.ebx & 0xffff;
    return kib != 0 && add_sizes(map, kib, blocks);
}

static bool read_88(struct memory_map *map)
{
    struct bios_registers registers = {.eax = SYSTEM_88};
    bios_call(INT_SYSTEM, &registers);
    uint32_t kib = registers.eax & 0xffff;
    return !bios_failed(&registers) && kib != 0 && add_sizes(map, kib, 0);
}

bool firmware_memory_map(struct memory_map *map, struct error *error)
{
    if (read_e820(map)) {
        return true;
    }
    map->count = 0;
    if (read_e801(map) || read_88(map)) {
        return true;
    }
    return fail(error, "the firmware tells no memory size (INT 15h E820h, E801h and 88h fail)");
}
