// SPDX-License-Identifier: BSD-2-Clause
// See multiboot2.h.
#include "loader/multiboot2.h"

#include <string.h>

enum {
    HEADER_BYTES = 16, /* magic, architecture, header_length, checksum */
    ARCHITECTURE_I386 = 0,
    TAG_HEAD_BYTES = 8, /* type and flags, 16 bits each; size */
    TAG_ALIGNMENT = 8,
    TAG_OPTIONAL = 1,             /* flags */
    KNOWN_INFORMATION_TYPES = 22, /* 0 to 21, 3.6 */
    LOAD_FROM_START = -1,         /* load_addr */
    RELOCATION_LOWEST = 0x100000,
};

/* Where the words behind a tag's head belong. */
static const struct {
    uint8_t words;
    uint8_t field; /* offset in struct multiboot2_header */
} tag_fields[MULTIBOOT2_HEADER_TAGS] = {
    [MULTIBOOT2_ADDRESS] = {4, offsetof(struct multiboot2_header, header_addr)},
    [MULTIBOOT2_ENTRY_ADDRESS] = {1, offsetof(struct multiboot2_header, entry_addr)},
    [MULTIBOOT2_CONSOLE_FLAGS] = {1, offsetof(struct multiboot2_header, console_flags)},
    [MULTIBOOT2_FRAMEBUFFER] = {3, offsetof(struct multiboot2_header, width)},
    [MULTIBOOT2_RELOCATABLE] = {4, offsetof(struct multiboot2_header, min_addr)},
};

/* The header's offset, or what speaks against the best candidate. */
struct search {
    bool found;
    bool bad_checksum;
    uint32_t foreign_architecture; /* 0: none seen */
    size_t offset;
};

static struct search search(struct bytes start)
{
    struct search result = {0};
    size_t end = start.size < MULTIBOOT2_SEARCH_BYTES ? start.size : MULTIBOOT2_SEARCH_BYTES;
    for (size_t offset = 0; offset + HEADER_BYTES <= end; offset += MULTIBOOT2_HEADER_ALIGNMENT) {
        const uint8_t *at = start.data + offset;
        if (load32(at) != MULTIBOOT2_HEADER_MAGIC) {
            continue;
        }
        uint32_t architecture = load32(at + 4);
        if (load32(at) + architecture + load32(at + 8) + load32(at + 12) != 0) {
            result.bad_checksum = true;
        } else if (architecture != ARCHITECTURE_I386) {
            result.foreign_architecture = architecture;
        } else {
            result.found = true;
            result.offset = offset;
            break;
        }
    }
    return result;
}

bool multiboot2_is_present(struct bytes start)
{
    return search(start).found;
}

static bool check_request(const uint8_t *types, size_t count, struct error *error)
{
    for (; count > 0; count--, types += sizeof(uint32_t)) {
        if (load32(types) >= KNOWN_INFORMATION_TYPES) {
            return fail(error, "the Multiboot 2 header requires information %u, which is unknown",
                        load32(types));
        }
    }
    return true;
}

static bool read_tag(struct bytes tag, struct multiboot2_header *header, struct error *error)
{
    uint16_t type = load16(tag.data);
    bool optional = (load16(tag.data + 2) & TAG_OPTIONAL) != 0;
    size_t body = tag.size - TAG_HEAD_BYTES;
    if (type >= MULTIBOOT2_HEADER_TAGS) {
        return optional ||
               fail(error, "the Multiboot 2 header requires tag %u, which is unknown", type);
    }
    size_t wanted = tag_fields[type].words * sizeof(uint32_t);
    if (body < wanted) {
        return fail(error, "Multiboot 2 header: tag %u has %zu bytes, too few", type, tag.size);
    }
    header->tags |= 1u << type;
    memcpy((uint8_t *)header + tag_fields[type].field, tag.data + TAG_HEAD_BYTES, wanted);
    return type != MULTIBOOT2_INFORMATION_REQUEST || optional ||
           check_request(tag.data + TAG_HEAD_BYTES, body / sizeof(uint32_t), error);
}

/* Ends with the end tag, of which its type is enough, or where the header ends without one. */
static bool read_tags(struct bytes tags, struct multiboot2_header *header, struct error *error)
{
    size_t at = 0;
    while (at + sizeof(uint16_t) <= tags.size && load16(tags.data + at) != MULTIBOOT2_HEADER_END) {
        size_t left = tags.size - at;
        uint32_t size = left < TAG_HEAD_BYTES ? 0 : load32(tags.data + at + 4);
        if (size < TAG_HEAD_BYTES || size > left) {
            return fail(error,
                        "Multiboot 2 header: tag %u has %u bytes, which cannot be: %zu are left",
                        load16(tags.data + at), size, left);
        }
        if (!read_tag((struct bytes){tags.data + at, size}, header, error)) {
            return false;
        }
        at += (size + TAG_ALIGNMENT - 1) & ~(size_t)(TAG_ALIGNMENT - 1);
    }
    return true;
}

static bool check_console(const struct multiboot2_header *header, struct error *error)
{
    bool any = (header->console_flags & MULTIBOOT2_EGA_TEXT_SUPPORTED) != 0 ||
               multiboot2_has(header, MULTIBOOT2_FRAMEBUFFER);
    return any || (header->console_flags & MULTIBOOT2_CONSOLE_REQUIRED) == 0 ||
           fail(error,
                "the Multiboot 2 header requires a console, but supports neither EGA text nor "
                "a framebuffer");
}

bool multiboot2_find_header(struct bytes start, struct multiboot2_header *header,
                            struct error *error)
{
    struct search found = search(start);
    if (!found.found) {
        if (found.foreign_architecture != 0) {
            return fail(error, "its Multiboot 2 header is for architecture %u, not for the PC (%u)",
                        found.foreign_architecture, ARCHITECTURE_I386);
        }
        return fail(error, "no Multiboot 2 header in the first %u bytes%s", MULTIBOOT2_SEARCH_BYTES,
                    found.bad_checksum ? " (one with a wrong checksum)" : "");
    }
    const uint8_t *at = start.data + found.offset;
    uint32_t length = load32(at + 8);
    if (length < HEADER_BYTES || length > start.size - found.offset ||
        length > MULTIBOOT2_SEARCH_BYTES - found.offset) {
        return fail(error,
                    "Multiboot 2 header: header_length %u at offset %zu does not lie in the file's "
                    "first %u bytes",
                    length, found.offset, MULTIBOOT2_SEARCH_BYTES);
    }
    *header = (struct multiboot2_header){.file_offset = (uint32_t)found.offset};
    return read_tags((struct bytes){at + HEADER_BYTES, length - HEADER_BYTES}, header, error) &&
           check_console(header, error);
}

bool multiboot2_address_image(const struct multiboot2_header *header, uint64_t file_size,
                              struct image *image, struct arena *arena, struct error *error)
{
    struct address_fields fields = {
        .header_addr = header->header_addr,
        .load_addr = header->load_addr,
        .load_end_addr = header->load_end_addr,
        .bss_end_addr = header->bss_end_addr,
        .entry_addr = header->entry_addr,
    };
    if (!multiboot2_has(header, MULTIBOOT2_ENTRY_ADDRESS)) {
        return fail(error,
                    "the Multiboot 2 header has an address tag (%u), but no entry address "
                    "tag (%u)",
                    MULTIBOOT2_ADDRESS, MULTIBOOT2_ENTRY_ADDRESS);
    }
    if (fields.load_addr == (uint32_t)LOAD_FROM_START) {
        if (fields.header_addr < header->file_offset) {
            return fail(error,
                        "address fields: header_addr 0x%x stands for a start of the file below 0",
                        fields.header_addr);
        }
        fields.load_addr = fields.header_addr - header->file_offset;
    }
    return image_from_address_fields(&fields, header->file_offset, file_size, image, arena, error);
}

bool multiboot2_apply_entry(const struct multiboot2_header *header, struct image *image,
                            struct error *error)
{
    if (!multiboot2_has(header, MULTIBOOT2_ENTRY_ADDRESS)) {
        return true;
    }
    image->entry = header->entry_addr;
    return image_contains(image, image->entry) ||
           fail(error, "entry address tag: 0x%x lies in no segment", image->entry);
}

/* As in GRUB, not below 1 MiB if it need not be there, and max_addr is above all of the image. */
bool multiboot2_relocate(const struct multiboot2_header *header, const struct placement *placement,
                         struct image *image, struct error *error)
{
    uint32_t alignment = header->align != 0 ? header->align : 1;
    uint32_t lowest = header->min_addr;
    uint32_t start;
    uint64_t end;
    if (!multiboot2_has(header, MULTIBOOT2_RELOCATABLE)) {
        return true;
    }
    if ((alignment & (alignment - 1)) != 0) {
        return fail(error, "relocatable image: its alignment 0x%x is not a power of two",
                    alignment);
    }
    if (lowest < RELOCATION_LOWEST && header->max_addr > RELOCATION_LOWEST) {
        lowest = RELOCATION_LOWEST;
    }
    image_extent(image, &start, &end);
    bool found =
        (header->preference == MULTIBOOT2_PREFER_HIGH ? placement_find_high : placement_find)(
            placement, end - start, alignment, lowest, header->max_addr, &start);
    if (!found) {
        return fail(error,
                    "relocatable image: no free memory for 0x%llx bytes, aligned to 0x%x, between "
                    "0x%x and 0x%x",
                    (unsigned long long)(end - start), alignment, header->min_addr,
                    header->max_addr);
    }
    image_move(image, start);
    return true;
}
