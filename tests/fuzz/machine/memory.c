// SPDX-License-Identifier: BSD-2-Clause
// The memory of the modelled machine: at the addresses of this process that are its physical ones.
#include "tests/fuzz/machine/machine.h"

#include <sanitizer/asan_interface.h>
#include <string.h>
#include <sys/mman.h>

enum {
    PATTERN = 0xa5, /* RAM is not zero when a machine starts */
    MOST_NOTES = 1024,
    MUCH = 4 * MIB,
    PAGE = 4096,
};

static struct {
    uint64_t address, length;
} notes[MOST_NOTES];
static size_t note_count;

void memory_start(void)
{
    void *start = (void *)(uintptr_t)PHYSICAL_START;
    size_t length = PHYSICAL_END - PHYSICAL_START;
    if (mmap(start, length, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != start) {
        machine_is_wrong("no memory at this address", PHYSICAL_START);
    }
    memset(start, PATTERN, length);
}

bool memory_is_physical(uint64_t address, uint64_t length)
{
    return address >= PHYSICAL_START && range_within(address, length, PHYSICAL_END);
}

void memory_note(uint64_t address, uint64_t length)
{
    if (length == 0 || !memory_is_physical(address, length)) {
        return;
    }
    if (note_count == MOST_NOTES) { /* notes all of it: rare, and slow to clear */
        note_count = 1;
        notes[0].address = PHYSICAL_START;
        notes[0].length = PHYSICAL_END - PHYSICAL_START;
        return;
    }
    notes[note_count].address = address;
    notes[note_count++].length = length;
}

/* The pages of a long range are given back: most have never been touched. They are zero then. */
static void clear(uint64_t address, uint64_t length)
{
    if (length > MUCH) {
        uint64_t end = (address + length) & ~(uint64_t)(PAGE - 1);
        address = (address + PAGE - 1) & ~(uint64_t)(PAGE - 1);
        madvise((void *)(uintptr_t)address, end - address, MADV_DONTNEED);
        return;
    }
    memset((void *)(uintptr_t)address, PATTERN, length);
}

void memory_reset(void)
{
    while (note_count > 0) {
        note_count--;
        clear(notes[note_count].address, notes[note_count].length);
    }
    memset((void *)(uintptr_t)TABLES, 0, TABLES_END - TABLES);
}

void memory_write(uint64_t address, const void *data, size_t length)
{
    if (length == 0) {
        return;
    }
    if (memory_is_physical(address, length)) {
        memory_note(address, length);
    } else if (!state_has(address) || !state_has(address + length - 1)) {
        machine_is_wrong("a device was told to write to this address", address);
    }
    memcpy((void *)(uintptr_t)address, data, length); /* the sanitizer checks variables' ends */
}

// ---- Memory maps

static const struct memory_range usual[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
    {0x9fc00, 0x400, MEMORY_RESERVED},
    {TABLES, TABLES_END - TABLES, MEMORY_RESERVED},
    {MIB, PHYSICAL_END - MIB, MEMORY_AVAILABLE},
    {0xfffc0000, 0x40000, MEMORY_RESERVED},
};

static const struct memory_range little[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
    {MIB, 4 * MIB, MEMORY_AVAILABLE},
};

static const struct memory_range holes[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},          {MIB, 2 * MIB, MEMORY_AVAILABLE},
    {3 * MIB, 0x10000, MEMORY_RESERVED},     {3 * MIB + 0x10000, 13 * MIB, MEMORY_AVAILABLE},
    {17 * MIB, 0x20000, MEMORY_ACPI_NVS},    {20 * MIB, 12 * MIB, MEMORY_AVAILABLE},
    {1ull << 32, 1 << 30, MEMORY_AVAILABLE},
};

/* Out of order, overlapping, unknown types, empty ranges. */
static const struct memory_range odd[] = {
    {8 * MIB, 24 * MIB, MEMORY_AVAILABLE},
    {MIB, 10 * MIB, MEMORY_AVAILABLE},
    {9 * MIB, 5000, MEMORY_RESERVED},
    {0, 0xa0000, MEMORY_AVAILABLE},
    {0x9fc00, 0x60400, 77},
    {10 * MIB, 0, MEMORY_BAD},
    {4 * MIB, 4097, MEMORY_BAD},
    {UINT64_MAX - 4095, 4096, MEMORY_AVAILABLE},
};

static const struct memory_range low_only[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
};

size_t memory_ranges(unsigned map, struct memory_range ranges[MOST_RANGES])
{
    static const struct {
        const struct memory_range *ranges;
        size_t count;
    } maps[] = {
        {usual, sizeof usual / sizeof *usual},          {little, sizeof little / sizeof *little},
        {holes, sizeof holes / sizeof *holes},          {odd, sizeof odd / sizeof *odd},
        {low_only, sizeof low_only / sizeof *low_only}, {NULL, 0},
    };
    map %= sizeof maps / sizeof *maps;
    for (size_t i = 0; i < maps[map].count; i++) {
        ranges[i] = maps[map].ranges[i];
    }
    return maps[map].count;
}
