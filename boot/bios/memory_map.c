// SPDX-License-Identifier: BSD-2-Clause
// The memory map by INT 15h: E820h (ACPI 6.x, 15.1), or, on firmware without it, E801h, or 88h.
#include <string.h>
#include "boot/bios/bios.h"
#include "stage2/firmware.h"

enum {
    INT_CONVENTIONAL_MEMORY = 0x12,
    INT_SYSTEM = 0x15,
    SYSTEM_E820 = 0xe820,
    SYSTEM_E801 = 0xe801,
    SYSTEM_88 = 0x8800,
    SMAP = 0x534d4150,
    ENTRY_BYTES_ACPI3 = 24,
    ENTRY_BYTES = 20,
    ATTRIBUTE_ENABLED = 1, /* ACPI 3.0: an entry without it is to be ignored */
    KIB = 1024,
    MIB = 1024 * 1024,
};
#define STAGING_LIMIT 0xfffff000u /* one page less than 4 GiB: a size of 32 bits */

struct address_range {
    uint64_t base;
    uint64_t length;
    uint32_t type;
    uint32_t extended_attributes;
} __attribute__((packed));
_Static_assert(sizeof(struct address_range) == ENTRY_BYTES_ACPI3, "ACPI 6.x, table 15.5");

static bool add(struct memory_map *map, uint64_t address, uint64_t length, uint32_t type)
{
    if (map->count == map->capacity) {
        return false;
    }
    map->ranges[map->count++] = (struct memory_range){address, length, type};
    return true;
}

/* One call of E820h; false at the end of the list if that is a call of its own, with the carry
 * flag.
 */
static bool next_range(uint32_t *continuation, struct address_range *range, uint32_t *bytes)
{
    struct bios_registers registers = {
        .eax = SYSTEM_E820,
        .ebx = *continuation,
        .ecx = ENTRY_BYTES_ACPI3,
        .edx = SMAP,
        .es = bios_segment(range),
        .edi = bios_offset(range),
    };
    memset(range, 0, sizeof *range);
    range->extended_attributes = ATTRIBUTE_ENABLED; /* some firmware writes 20 bytes, says 24 */
    bios_call(INT_SYSTEM, &registers);
    if (bios_failed(&registers) || registers.eax != SMAP) {
        return false;
    }
    *continuation = registers.ebx;
    *bytes = registers.ecx & 0xff; /* some firmware leaves the upper part undefined */
    return true;
}

static bool read_e820(struct memory_map *map)
{
    struct address_range range;
    uint32_t continuation = 0;
    uint32_t bytes;
    /* As many calls as there is room: some firmware says "more" for ever. */
    for (size_t i = 0; i < map->capacity && next_range(&continuation, &range, &bytes); i++) {
        bool ignored =
            bytes >= ENTRY_BYTES_ACPI3 && (range.extended_attributes & ATTRIBUTE_ENABLED) == 0;
        if (bytes >= ENTRY_BYTES && !ignored) {
            add(map, range.base, range.length, range.type);
        }
        if (continuation == 0) {
            break;
        }
    }
    return map->count != 0;
}

uint32_t bios_conventional_memory_kib(void)
{
    static uint32_t kib;
    if (kib == 0) {
        struct bios_registers registers = {0};
        bios_call(INT_CONVENTIONAL_MEMORY, &registers);
        kib = registers.eax & 0xffff;
    }
    return kib;
}

/* Conventional memory, and KiB from 1 MiB and 64 KiB blocks from 16 MiB upwards. */
static bool add_sizes(struct memory_map *map, uint32_t kib_above_1m, uint32_t blocks_above_16m)
{
    return add(map, 0, (uint64_t)bios_conventional_memory_kib() * KIB, MEMORY_AVAILABLE) &&
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

/* The largest piece of RAM below 4 GiB. */
struct memory_range firmware_staging(const struct memory_map *map)
{
    struct memory_range largest = {0};
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];
        uint64_t end = range->address + range->length;
        uint64_t bottom = range->address < MIB ? MIB : range->address;
        end = end > STAGING_LIMIT ? STAGING_LIMIT : end;
        if (range->type == MEMORY_AVAILABLE && end > bottom && end - bottom > largest.length) {
            largest.address = bottom;
            largest.length = end - bottom;
        }
    }
    return largest;
}
