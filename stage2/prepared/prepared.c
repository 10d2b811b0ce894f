// SPDX-License-Identifier: BSD-2-Clause
// See prepared.h.
#include "stage2/prepared/prepared.h"

enum { WORDS = sizeof(union prepared_block) / sizeof(uint32_t) };

bool prepared_is_present(const union prepared_block *block)
{
    const struct prepared *prepared = &block->prepared;
    size_t used = sizeof *prepared + prepared->file_count * sizeof(struct prepared_file) +
                  prepared->range_count * sizeof(struct prepared_range) +
                  prepared->piece_count * sizeof(struct prepared_piece);
    return prepared->magic == PREPARED_MAGIC && prepared->file_count != 0 && used < sizeof *block &&
           prepared->information_bytes < sizeof *block - used &&
           block->bytes[sizeof *block - 1] == 0; /* ends the last text */
}

uint32_t prepared_sum(uint32_t sum, const void *block)
{
    const uint32_t *words = block;
    for (size_t i = 0; i < WORDS; i++) {
        sum = (sum ^ words[i]) * 0x01000193; /* FNV-1a's prime: quick, and sees every change */
    }
    return sum;
}

/* On the disc. */
static void place_file(struct prepared_file *file, struct iso9660_file *on_disc)
{
    on_disc->size = file->extent.length_bytes;
    on_disc->extent_count = file->extent.length_bytes != 0;
    on_disc->extents = &file->extent;
}

bool prepared_read(union prepared_block *block, const char *config, struct config_boot *boot,
                   struct arena *arena)
{
    const struct prepared *prepared = &block->prepared;
    size_t count = prepared->file_count;
    struct config_file *files = ARENA_ARRAY(arena, count, struct config_file);
    struct iso9660_file *places = ARENA_ARRAY(arena, count, struct iso9660_file);
    if (files == NULL || places == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct prepared_file *file = &prepared_files(block)[i];
        place_file(file, &places[i]);
        files[i] =
            (struct config_file){.path = prepared_text(block, file->path),
                                 .arguments = prepared_text(block, file->arguments),
                                 .config = config,
                                 .line = file->line,
                                 .keep_compressed = (file->flags & PREPARED_KEEPS_COMPRESSED) != 0,
                                 .on_disc = &places[i]};
    }
    *boot = (struct config_boot){
        .action = CONFIG_ACTION_BOOT,
        .protocol = prepared->protocol == CONFIG_MULTIBOOT2 ? CONFIG_MULTIBOOT2 : CONFIG_MULTIBOOT1,
        .ignore_address_fields = (prepared->flags & PREPARED_IGNORES_ADDRESS_FIELDS) != 0,
        .modules_after_kernel = (prepared->flags & PREPARED_MODULES_AFTER_KERNEL) != 0,
        .gfxpayload = prepared->gfxpayload != 0 ? prepared_text(block, prepared->gfxpayload) : NULL,
        .timing = prepared->timing != 0 ? prepared_text(block, prepared->timing) : NULL,
        .kernel = files[0],
        .modules = files + 1,
        .module_count = count - 1};
    return true;
}

/* Why it is the same plan: plan_boot() takes the lowest free place, for the information from where
   this kernel has no pieces, for all else that may be anywhere from 1 MiB on. With RAM throughout
   up to the last piece, nothing else of the map matters. */
bool prepared_has_plan(const union prepared_block *block, const struct memory_map *map)
{
    const struct prepared *prepared = &block->prepared;
    uint32_t low_end =
        PLAN_INFORMATION_LOWEST + prepared->information_bytes + MULTIBOOT1_MACHINE_BYTES;
    uint64_t high_end = (uint64_t)prepared->end + PREPARED_ROOM;
    bool low = false, high = false;
    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *range = &map->ranges[i];
        uint64_t end = range->address + range->length;
        if (range->type == MEMORY_AVAILABLE) {
            low |= range->address == 0 && end >= low_end;
            high |= range->address <= PLAN_MODULES_LOWEST && end >= high_end;
        }
    }
    return low && high && prepared->piece_count != 0 && map->count <= MULTIBOOT1_USUAL_RANGES;
}
