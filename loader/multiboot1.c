// SPDX-License-Identifier: BSD-2-Clause
// See multiboot1.h.
#include "loader/multiboot1.h"

#include <string.h>

enum {
    HEADER_BYTES = 12, /* magic, flags, checksum */
    ADDRESS_FIELDS_END = 32,
    VIDEO_FIELDS_END = 48,
    KNOWN_REQUIRED_FLAGS = MULTIBOOT1_PAGE_ALIGN | MULTIBOOT1_MEMORY_INFO | MULTIBOOT1_VIDEO_MODE,
};

static bool is_header(const uint8_t *at)
{
    return load32(at) == MULTIBOOT1_HEADER_MAGIC &&
           load32(at) + load32(at + 4) + load32(at + 8) == 0;
}

static bool check_required_flags(uint32_t flags, struct error *error)
{
    uint32_t unknown = flags & MULTIBOOT1_REQUIRED_FLAGS & ~(uint32_t)KNOWN_REQUIRED_FLAGS;
    if (unknown != 0) {
        return fail(error, "the Multiboot header requires flag %d, which is unknown",
                    __builtin_ctz(unknown));
    }
    return true;
}

bool multiboot1_find_header(struct bytes start, struct multiboot1_header *header,
                            struct error *error)
{
    bool bad_checksum = false;
    size_t offset = 0;
    for (;; offset += MULTIBOOT1_HEADER_ALIGNMENT) {
        if (offset + HEADER_BYTES > start.size || offset + HEADER_BYTES > MULTIBOOT1_SEARCH_BYTES) {
            return fail(error, "no Multiboot header in the first %u bytes%s",
                        MULTIBOOT1_SEARCH_BYTES,
                        bad_checksum ? " (one with a wrong checksum)" : "");
        }
        if (is_header(start.data + offset)) {
            break;
        }
        bad_checksum |= load32(start.data + offset) == MULTIBOOT1_HEADER_MAGIC;
    }

    const uint8_t *at = start.data + offset;
    size_t there = start.size - offset;
    *header = (struct multiboot1_header){.file_offset = (uint32_t)offset, .flags = load32(at + 4)};
    if (!check_required_flags(header->flags, error)) {
        return false;
    }
    if (header->flags & MULTIBOOT1_ADDRESS_FIELDS) {
        if (there < ADDRESS_FIELDS_END) {
            return fail(error, "the file ends inside the Multiboot header's address fields");
        }
        header->header_addr = load32(at + 12);
        header->load_addr = load32(at + 16);
        header->load_end_addr = load32(at + 20);
        header->bss_end_addr = load32(at + 24);
        header->entry_addr = load32(at + 28);
    }
    if ((header->flags & MULTIBOOT1_VIDEO_MODE) && there >= VIDEO_FIELDS_END) {
        header->mode_type = load32(at + 32); /* where they are missing: no wish */
        header->width = load32(at + 36);
        header->height = load32(at + 40);
        header->depth = load32(at + 44);
    }
    return true;
}

bool multiboot1_address_image(const struct multiboot1_header *header, uint64_t file_size,
                              struct image *image, struct arena *arena, struct error *error)
{
    if (header->header_addr < header->load_addr) {
        return fail(error, "address fields: header_addr 0x%x lies before load_addr 0x%x",
                    header->header_addr, header->load_addr);
    }
    uint32_t before = header->header_addr - header->load_addr;
    if (before > header->file_offset) {
        return fail(error, "address fields: load_addr 0x%x stands for a place before the file",
                    header->load_addr);
    }
    uint32_t file_offset = header->file_offset - before;
    if (header->load_end_addr != 0 && header->load_end_addr < header->load_addr) {
        return fail(error, "address fields: load_end_addr 0x%x lies before load_addr 0x%x",
                    header->load_end_addr, header->load_addr);
    }
    uint64_t load_size = file_size - file_offset; /* load_end_addr 0: to the end of the file */
    if (header->load_end_addr != 0) {
        uint32_t wanted = header->load_end_addr - header->load_addr;
        if (wanted > load_size) {
            return fail(error,
                        "address fields: load_end_addr 0x%x lies 0x%llx bytes beyond the end "
                        "of the file: is it cut short?",
                        header->load_end_addr, (unsigned long long)(wanted - load_size));
        }
        load_size = wanted;
    }
    uint64_t load_end = header->load_addr + load_size;
    if (load_end > UINT32_MAX) {
        return fail(error, "address fields: 0x%llx bytes at load_addr 0x%x do not end below 4 GiB",
                    (unsigned long long)load_size, header->load_addr);
    }
    if (header->bss_end_addr != 0 && header->bss_end_addr < load_end) {
        return fail(error,
                    "address fields: bss_end_addr 0x%x lies before the end of the data, 0x%llx",
                    header->bss_end_addr, (unsigned long long)load_end);
    }
    uint64_t end = header->bss_end_addr != 0 ? header->bss_end_addr : load_end;
    if (header->entry_addr < header->load_addr || header->entry_addr >= end) {
        return fail(error, "address fields: entry_addr 0x%x lies outside the image, 0x%x to 0x%llx",
                    header->entry_addr, header->load_addr, (unsigned long long)end);
    }
    image->segments = ARENA_NEW(arena, struct image_segment);
    if (image->segments == NULL) {
        return fail(error, "out of memory for one segment");
    }
    image->format = IMAGE_ADDRESS_FIELDS;
    image->entry = header->entry_addr;
    image->segment_count = 1;
    image->segments[0] = (struct image_segment){
        .file_offset = file_offset,
        .file_size = (uint32_t)load_size,
        .memory_size = (uint32_t)(end - header->load_addr),
        .address = header->load_addr,
    };
    return true;
}
