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

static bool search(struct bytes start, size_t *offset, bool *bad_checksum)
{
    size_t end = start.size < MULTIBOOT1_SEARCH_BYTES ? start.size : MULTIBOOT1_SEARCH_BYTES;
    for (*offset = 0; *offset + HEADER_BYTES <= end; *offset += MULTIBOOT1_HEADER_ALIGNMENT) {
        if (is_header(start.data + *offset)) {
            return true;
        }
        *bad_checksum |= load32(start.data + *offset) == MULTIBOOT1_HEADER_MAGIC;
    }
    return false;
}

bool multiboot1_is_present(struct bytes start)
{
    bool ignored = false;
    size_t offset;
    return search(start, &offset, &ignored);
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
    size_t offset;
    if (!search(start, &offset, &bad_checksum)) {
        return fail(error, "no Multiboot header in the first %u bytes%s", MULTIBOOT1_SEARCH_BYTES,
                    bad_checksum ? " (one with a wrong checksum)" : "");
    }
    const uint8_t *at = start.data + offset;
    size_t there = start.size - offset;
    *header = (struct multiboot1_header){
        .file_offset = (uint32_t)offset,
        .flags = load32(at + 4),
        .mode_type = MULTIBOOT1_EGA_TEXT, /* unless the fields say otherwise */
    };
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
        header->mode_type = load32(at + 32);
        header->width = load32(at + 36);
        header->height = load32(at + 40);
        header->depth = load32(at + 44);
    }
    return true;
}
