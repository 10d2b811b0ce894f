// SPDX-License-Identifier: BSD-2-Clause
// See prepared.h.
#include "stage2/prepared.h"

#include <string.h>

enum { WORDS = sizeof(union prepared_block) / sizeof(uint32_t) };

/* A file and its place on the disc. */
struct placed_file {
    struct iso9660_file on_disc;
    struct iso9660_extent extent;
};

bool prepared_is_present(const union prepared_block *block)
{
    const struct prepared *prepared = &block->prepared;
    size_t used = sizeof *prepared + prepared->file_count * sizeof(struct prepared_file) +
                  prepared->range_count * sizeof(struct prepared_range);
    return memcmp(prepared->magic, PREPARED_MAGIC, PREPARED_MAGIC_BYTES) == 0 &&
           prepared->file_count != 0 && used < sizeof *block &&
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

static const char *text_at(const union prepared_block *block, uint16_t offset)
{
    return (const char *)block->bytes + offset % sizeof *block;
}

bool prepared_read(union prepared_block *block, const char *config, struct config_boot *boot,
                   struct arena *arena)
{
    const struct prepared *prepared = &block->prepared;
    size_t count = prepared->file_count;
    struct config_file *files = ARENA_ARRAY(arena, count, struct config_file);
    struct placed_file *places = ARENA_ARRAY(arena, count, struct placed_file);
    if (files == NULL || places == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct prepared_file *file = &prepared_files(block)[i];
        struct placed_file *place = &places[i];
        place->extent = (struct iso9660_extent){file->lba, file->size};
        place->on_disc = (struct iso9660_file){
            .size = file->size, .extent_count = file->size != 0, .extents = &place->extent};
        files[i] = (struct config_file){.path = text_at(block, file->path),
                                        .arguments = text_at(block, file->arguments),
                                        .config = config,
                                        .line = file->line,
                                        .keep_packed = (file->flags & PREPARED_KEEPS_PACKED) != 0,
                                        .on_disc = &place->on_disc};
    }
    *boot = (struct config_boot){
        .action = CONFIG_ACTION_BOOT,
        .protocol = prepared->protocol == CONFIG_MULTIBOOT2 ? CONFIG_MULTIBOOT2 : CONFIG_MULTIBOOT1,
        .ignore_address_fields = (prepared->flags & PREPARED_IGNORES_ADDRESS_FIELDS) != 0,
        .modules_after_kernel = (prepared->flags & PREPARED_MODULES_AFTER_KERNEL) != 0,
        .gfxpayload = prepared->gfxpayload != 0 ? text_at(block, prepared->gfxpayload) : NULL,
        .timing = prepared->timing != 0 ? text_at(block, prepared->timing) : NULL,
        .kernel = files[0],
        .modules = files + 1,
        .module_count = count - 1};
    return true;
}
