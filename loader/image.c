// SPDX-License-Identifier: BSD-2-Clause
// See image.h.
#include "loader/image.h"

bool image_from_address_fields(const struct address_fields *fields, uint32_t header_offset,
                               uint64_t file_size, struct image *image, struct arena *arena,
                               struct error *error)
{
    if (fields->header_addr < fields->load_addr) {
        return fail(error, "address fields: header_addr 0x%x lies before load_addr 0x%x",
                    fields->header_addr, fields->load_addr);
    }
    uint32_t before = fields->header_addr - fields->load_addr;
    if (before > header_offset) {
        return fail(error, "address fields: load_addr 0x%x stands for a place before the file",
                    fields->load_addr);
    }
    uint32_t file_offset = header_offset - before;
    if (fields->load_end_addr != 0 && fields->load_end_addr < fields->load_addr) {
        return fail(error, "address fields: load_end_addr 0x%x lies before load_addr 0x%x",
                    fields->load_end_addr, fields->load_addr);
    }
    uint64_t load_size = file_size - file_offset; /* load_end_addr 0: to the end of the file */
    if (fields->load_end_addr != 0) {
        uint32_t wanted = fields->load_end_addr - fields->load_addr;
        if (wanted > load_size) {
            return fail(error,
                        "address fields: load_end_addr 0x%x lies 0x%llx bytes beyond the end "
                        "of the file: is it cut short?",
                        fields->load_end_addr, (unsigned long long)(wanted - load_size));
        }
        load_size = wanted;
    }
    uint64_t load_end = fields->load_addr + load_size;
    if (load_end > UINT32_MAX) {
        return fail(error, "address fields: 0x%llx bytes at load_addr 0x%x do not end below 4 GiB",
                    (unsigned long long)load_size, fields->load_addr);
    }
    if (fields->bss_end_addr != 0 && fields->bss_end_addr < load_end) {
        return fail(error,
                    "address fields: bss_end_addr 0x%x lies before the end of the data, 0x%llx",
                    fields->bss_end_addr, (unsigned long long)load_end);
    }
    uint64_t end = fields->bss_end_addr != 0 ? fields->bss_end_addr : load_end;
    if (fields->entry_addr < fields->load_addr || fields->entry_addr >= end) {
        return fail(error, "address fields: entry_addr 0x%x lies outside the image, 0x%x to 0x%llx",
                    fields->entry_addr, fields->load_addr, (unsigned long long)end);
    }
    image->segments = ARENA_NEW(arena, struct image_segment);
    if (image->segments == NULL) {
        return fail(error, "out of memory for one segment");
    }
    image->format = IMAGE_ADDRESS_FIELDS;
    image->entry = fields->entry_addr;
    image->segment_count = 1;
    image->segments[0] = (struct image_segment){
        .file_offset = file_offset,
        .file_size = (uint32_t)load_size,
        .memory_size = (uint32_t)(end - fields->load_addr),
        .address = fields->load_addr,
    };
    return true;
}

void image_extent(const struct image *image, uint32_t *start, uint64_t *end)
{
    *start = UINT32_MAX;
    *end = 0;
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];
        uint64_t segment_end = (uint64_t)segment->address + segment->memory_size;
        *start = segment->address < *start ? segment->address : *start;
        *end = segment_end > *end ? segment_end : *end;
    }
}

bool image_contains(const struct image *image, uint32_t address)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];
        if (address >= segment->address && address - segment->address < segment->memory_size) {
            return true;
        }
    }
    return false;
}

void image_move(struct image *image, uint32_t start)
{
    uint32_t before;
    uint64_t end;
    image_extent(image, &before, &end);
    for (size_t i = 0; i < image->segment_count; i++) {
        image->segments[i].address += start - before;
    }
    image->entry += start - before;
}
