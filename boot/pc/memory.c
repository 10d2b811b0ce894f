// SPDX-License-Identifier: BSD-2-Clause
// The memory that stage 2 works in, as linker/bios.ld and linker/bare.ld lay it out, and what else
// is the same on a PC with a BIOS and on one without.
#include "boot/pc/bda.h"
#include "stage2/config/config.h"
#include "stage2/firmware.h"

enum {
    KIB = 1024,
    MIB = 1024 * 1024,
    FIRMWARE_DATA_END = 0x600, /* interrupt vectors, BDA, mode_switch.asm's variables */
};
#define STAGING_LIMIT 0xfffff000u /* a page below 4 GiB, so that ends have 32 bits */

/* Linker script. */
extern uint8_t stack_bottom[], resident_end[], overlay_start[], arena_start[];

static uint32_t conventional_memory_end(void)
{
    return (uint32_t)bda_word(BDA_MEMORY_KIB) * KIB;
}

struct arena firmware_arena(void)
{
    uint32_t start = (uint32_t)(uintptr_t)arena_start;
    uint32_t end = conventional_memory_end();
    return (struct arena){.base = arena_start, .size = end > start ? end - start : 0};
}

size_t firmware_memory_in_use(struct memory_range ranges[FIRMWARE_RANGES])
{
    uint32_t stack = (uint32_t)(uintptr_t)stack_bottom;
    uint32_t overlay = (uint32_t)(uintptr_t)overlay_start; /* bounce buffer and stage 2 follow */
    ranges[0] = (struct memory_range){.length = FIRMWARE_DATA_END};
    ranges[1] = (struct memory_range){stack, (uint32_t)(uintptr_t)resident_end - stack, 0};
    ranges[2] = (struct memory_range){overlay, conventional_memory_end() - overlay, 0};
    return 3;
}

const char *firmware_config_variables(void)
{
    return CONFIG_CD_VARIABLES;
}

const struct boot_efi *firmware_efi(void)
{
    return NULL;
}

/* Does nothing: there is nothing to end. */
bool firmware_finish(const struct plan *plan, struct boot_information *information,
                     struct error *error)
{
    (void)plan;
    (void)information;
    (void)error;
    return true;
}

/* The lowest of these ranges that overlaps [bottom, end); NULL: none does. */
static const struct memory_range *lowest_between(const struct memory_range *ranges, size_t count,
                                                 uint64_t bottom, uint64_t end)
{
    const struct memory_range *lowest = NULL;
    for (; count > 0; count--, ranges++) {
        if (ranges->address < end && ranges->address + ranges->length > bottom &&
            (lowest == NULL || ranges->address < lowest->address)) {
            lowest = ranges;
        }
    }
    return lowest;
}

/* The largest piece of RAM between 1 MiB and 4 GiB that the disc is not in. */
struct memory_range firmware_staging(const struct memory_map *map)
{
    struct memory_range loaded[FIRMWARE_DISC_RANGES], largest = {0};
    size_t loaded_count = firmware_disc_memory(loaded);
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];
        uint64_t end = range->address + range->length;
        uint64_t bottom = range->address < MIB ? MIB : range->address;
        end = end > STAGING_LIMIT ? STAGING_LIMIT : end;
        while (range->type == MEMORY_AVAILABLE && end > bottom) {
            const struct memory_range *disc = lowest_between(loaded, loaded_count, bottom, end);
            uint64_t piece_end = disc != NULL ? disc->address : end;
            if (piece_end > bottom && piece_end - bottom > largest.length) {
                largest = (struct memory_range){bottom, piece_end - bottom, 0};
            }
            bottom = disc != NULL ? disc->address + disc->length : end;
        }
    }
    return largest;
}
