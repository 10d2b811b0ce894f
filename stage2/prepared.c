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
                  prepared->range_count * sizeof(struct prepared_range) +
                  prepared->segment_count * sizeof(struct prepared_segment) +
                  prepared->section_count * sizeof(struct prepared_section) +
                  prepared->section_header_count * (size_t)prepared->section_header_size;
    return memcmp(prepared->magic, PREPARED_MAGIC, PREPARED_MAGIC_BYTES) == 0 &&
           prepared->file_count != 0 && used < sizeof *block &&
           (prepared->section_header_count == 0 ||
            prepared->section_header_size >= PREPARED_SECTION_HEADER_BYTES) &&
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

/* What the kernel's headers come to. False: the arena is full, or the block is none of the tool's.
 */
static bool read_headers(union prepared_block *block, struct kernel_headers *headers,
                         struct arena *arena)
{
    const struct prepared *prepared = &block->prepared;
    const struct prepared_segment *segment = prepared_segments(block);
    const struct prepared_section *section = prepared_sections(block);
    size_t segment_count = prepared->segment_count, section_count = prepared->section_count;
    struct image_segment *segments = ARENA_ARRAY(arena, segment_count, struct image_segment);
    struct elf_section *sections = ARENA_ARRAY(arena, section_count, struct elf_section);
    if (segments == NULL || sections == NULL) {
        return false;
    }
    *headers = (struct kernel_headers){
        .image = {(enum image_format)prepared->format, prepared->entry, segments, segment_count},
        .elf = {.is_64 = prepared->format == IMAGE_ELF64,
                .section_header_size = prepared->section_header_size,
                .section_header_count = prepared->section_header_count,
                .section_names_index = prepared->section_names_index},
        .sections = sections,
        .section_count = section_count,
        .section_headers =
            prepared->section_header_count != 0 ? prepared_section_headers(block) : NULL};
    for (; segment_count > 0; segment_count--, segment++, segments++) {
        *segments = (struct image_segment){segment->index, segment->file_offset, segment->file_size,
                                           segment->memory_size, segment->address};
    }
    for (; section_count > 0; section_count--, section++, sections++) {
        *sections = (struct elf_section){section->index, section->file_offset, section->size,
                                         section->alignment};
        if (section->index >= prepared->section_header_count || section->alignment == 0 ||
            (section->alignment & (section->alignment - 1)) != 0) {
            return false;
        }
    }
    return true;
}

bool prepared_read(union prepared_block *block, const char *config, struct prepared_boot *read,
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
    read->boot = (struct config_boot){
        .action = CONFIG_ACTION_BOOT,
        .protocol = prepared->protocol == CONFIG_MULTIBOOT2 ? CONFIG_MULTIBOOT2 : CONFIG_MULTIBOOT1,
        .ignore_address_fields = (prepared->flags & PREPARED_IGNORES_ADDRESS_FIELDS) != 0,
        .modules_after_kernel = (prepared->flags & PREPARED_MODULES_AFTER_KERNEL) != 0,
        .gfxpayload = prepared->gfxpayload != 0 ? text_at(block, prepared->gfxpayload) : NULL,
        .timing = prepared->timing != 0 ? text_at(block, prepared->timing) : NULL,
        .kernel = files[0],
        .modules = files + 1,
        .module_count = count - 1,
        .headers = prepared->segment_count != 0 ? &read->headers : NULL};
    return read_headers(block, &read->headers, arena);
}
