// SPDX-License-Identifier: BSD-2-Clause
// See multiboot2.h.
#include "loader/multiboot2.h"

#include <string.h>

enum {
    HEADER_BYTES = 16, /* magic, architecture, header_length, checksum */
    ARCHITECTURE_I386 = 0,
    TAG_HEAD_BYTES = 8, /* type and flags, 16 bits each; size */
    TAG_ALIGNMENT = 8,
    TAG_OPTIONAL = 1,     /* flags */
    LOAD_FROM_START = -1, /* load_addr */
    RELOCATION_LOWEST = 0x100000,
};

/* Where the words after a tag's head are stored. */
static const struct {
    uint8_t words;
    uint8_t field; /* offset in struct multiboot2_header */
} tag_fields[MULTIBOOT2_HEADER_TAGS] = {
    [MULTIBOOT2_ADDRESS] = {4, offsetof(struct multiboot2_header, address.header_addr)},
    [MULTIBOOT2_ENTRY_ADDRESS] = {1, offsetof(struct multiboot2_header, address.entry_addr)},
    [MULTIBOOT2_CONSOLE_FLAGS] = {1, offsetof(struct multiboot2_header, console_flags)},
    [MULTIBOOT2_FRAMEBUFFER] = {3, offsetof(struct multiboot2_header, width)},
    [MULTIBOOT2_ENTRY_ADDRESS_EFI32] = {1, offsetof(struct multiboot2_header, entry_efi32)},
    [MULTIBOOT2_ENTRY_ADDRESS_EFI64] = {1, offsetof(struct multiboot2_header, entry_efi64)},
    [MULTIBOOT2_RELOCATABLE] = {4, offsetof(struct multiboot2_header, min_addr)},
};

/* Finds the header's offset. *spoiled: a header was passed that is broken or not for the PC. */
static bool search(struct bytes start, size_t *offset, bool *spoiled)
{
    size_t end = start.size < MULTIBOOT2_SEARCH_BYTES ? start.size : MULTIBOOT2_SEARCH_BYTES;
    *spoiled = false;
    for (*offset = 0; *offset + HEADER_BYTES <= end; *offset += MULTIBOOT2_HEADER_ALIGNMENT) {
        const uint8_t *at = start.data + *offset;
        if (load32(at) != MULTIBOOT2_HEADER_MAGIC) {
            continue;
        }
        uint32_t architecture = load32(at + 4);
        if (architecture == ARCHITECTURE_I386 &&
            load32(at) + architecture + load32(at + 8) + load32(at + 12) == 0) {
            return true;
        }
        *spoiled = true;
    }
    return false;
}

bool multiboot2_is_present(struct bytes start)
{
    size_t offset;
    bool spoiled;
    return search(start, &offset, &spoiled);
}

static bool read_request(struct bytes types, bool optional, struct multiboot2_header *header,
                         struct error *error)
{
    for (size_t at = 0; at + sizeof(uint32_t) <= types.size; at += sizeof(uint32_t)) {
        uint32_t type = load32(types.data + at);
        if (type < MULTIBOOT2_INFORMATION_TYPES) {
            header->requests |= 1u << type;
        } else if (!optional) {
            return fail(error, "Multiboot 2 header: information %u is required, but unknown", type);
        }
    }
    return true;
}

static bool fail_size(unsigned type, size_t size, struct error *error)
{
    return fail(error, "Multiboot 2 header: tag %u cannot have %zu bytes", type, size);
}

static bool read_tag(struct bytes tag, struct multiboot2_header *header, struct error *error)
{
    uint16_t type = load16(tag.data);
    bool optional = (load16(tag.data + 2) & TAG_OPTIONAL) != 0;
    size_t body = tag.size - TAG_HEAD_BYTES;
    if (type >= MULTIBOOT2_HEADER_TAGS) {
        return optional || fail(error, "Multiboot 2 header: tag %u is required, but unknown", type);
    }
    size_t wanted = tag_fields[type].words * sizeof(uint32_t);
    if (body < wanted) {
        return fail_size(type, tag.size, error);
    }
    header->tags |= 1u << type;
    header->required |= optional ? 0 : 1u << type;
    memcpy((uint8_t *)header + tag_fields[type].field, tag.data + TAG_HEAD_BYTES, wanted);
    return type != MULTIBOOT2_INFORMATION_REQUEST ||
           read_request((struct bytes){tag.data + TAG_HEAD_BYTES, body}, optional, header, error);
}

/* Whether there is a tag of exactly the size of its type's fields at this offset. */
static bool is_tag(struct bytes tags, size_t at)
{
    if (!range_within(at, TAG_HEAD_BYTES, tags.size)) {
        return false;
    }
    uint16_t type = load16(tags.data + at);
    uint32_t size = load32(tags.data + at + 4);
    size_t least =
        type < MULTIBOOT2_HEADER_TAGS ? TAG_HEAD_BYTES + tag_fields[type].words * 4u : SIZE_MAX;
    return load16(tags.data + at + 2) <= TAG_OPTIONAL && range_within(at, size, tags.size) &&
           (size == least || (type == MULTIBOOT2_INFORMATION_REQUEST && size > least));
}

/* After a failure to read what follows a tag: says so if the next tag is right after this one
   instead of at a multiple of 8. */
static bool explain_padding(struct bytes tags, size_t front, struct error *error)
{
    uint32_t size = load32(tags.data + front + 4);
    if (size % TAG_ALIGNMENT != 0 && is_tag(tags, front + size)) {
        fail(error,
             "Multiboot 2 header: the tag after tag %u, of %u bytes, does not begin at a multiple "
             "of 8: put .align 8 before it",
             load16(tags.data + front), size);
    }
    return false;
}

/* Reads one tag, and sets its size. */
static bool read_next_tag(struct bytes rest, uint32_t *size, struct multiboot2_header *header,
                          struct error *error)
{
    *size = rest.size < TAG_HEAD_BYTES ? 0 : load32(rest.data + 4);
    if (*size < TAG_HEAD_BYTES || *size > rest.size) {
        return fail_size(load16(rest.data), *size, error);
    }
    return read_tag((struct bytes){rest.data, *size}, header, error);
}

/* Reads tags up to the end tag, of which the type is enough. As in GRUB, header_length does not
   end them: it may be too small or too large. */
static bool read_tags(struct bytes tags, struct multiboot2_header *header, struct error *error)
{
    size_t at = 0, front = 0;
    while (at + sizeof(uint16_t) <= tags.size && load16(tags.data + at) != MULTIBOOT2_HEADER_END) {
        uint32_t size;
        struct bytes rest = {tags.data + at, tags.size - at};
        if (!read_next_tag(rest, &size, header, error)) {
            return at > front && explain_padding(tags, front, error);
        }
        front = at;
        at += ((size_t)size + TAG_ALIGNMENT - 1) & ~(size_t)(TAG_ALIGNMENT - 1);
    }
    if (at + sizeof(uint16_t) > tags.size) {
        fail(error, "Multiboot 2 header: no end tag in the first %u bytes of the file",
             MULTIBOOT2_SEARCH_BYTES);
        return at > front && explain_padding(tags, front, error);
    }
    return true;
}

static bool check_console(const struct multiboot2_header *header, struct error *error)
{
    bool any = (header->console_flags & MULTIBOOT2_EGA_TEXT_SUPPORTED) != 0 ||
               multiboot2_has(header, MULTIBOOT2_FRAMEBUFFER);
    return any || (header->console_flags & MULTIBOOT2_CONSOLE_REQUIRED) == 0 ||
           fail(error, "Multiboot 2 header: a console is required, but none supported");
}

bool multiboot2_find_header(struct bytes start, struct multiboot2_header *header,
                            struct error *error)
{
    size_t offset;
    bool spoiled;
    if (!search(start, &offset, &spoiled)) {
        return fail(error, "no Multiboot 2 header in the first %u bytes%s", MULTIBOOT2_SEARCH_BYTES,
                    spoiled ? " (one with a wrong checksum, or not for the PC)" : "");
    }
    const uint8_t *at = start.data + offset;
    size_t searched = start.size < MULTIBOOT2_SEARCH_BYTES ? start.size : MULTIBOOT2_SEARCH_BYTES;
    struct bytes tags = {at + HEADER_BYTES, searched - offset - HEADER_BYTES};
    *header = (struct multiboot2_header){.file_offset = (uint32_t)offset};
    return read_tags(tags, header, error) && check_console(header, error);
}

bool multiboot2_address_image(const struct multiboot2_header *header, uint64_t file_size,
                              struct image *image, struct arena *arena, struct error *error)
{
    struct address_fields fields = header->address;
    if (!multiboot2_has(header, MULTIBOOT2_ENTRY_ADDRESS)) {
        return fail(error, "Multiboot 2 header: an address tag without an entry address tag");
    }
    if (fields.load_addr == (uint32_t)LOAD_FROM_START) {
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
    image->entry = header->address.entry_addr;
    return image_contains(image, image->entry) ||
           fail(error, "entry address tag: 0x%x lies where the file has no bytes", image->entry);
}

/* As in GRUB, the image stays above 1 MiB if max_addr permits, and its end is at most max_addr. */
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
    uint64_t length = end - start;
    bool found =
        length <= header->max_addr &&
        (header->preference == MULTIBOOT2_PREFER_HIGH
             ? placement_find_high(placement->map, (uint32_t)length, alignment, lowest,
                                   header->max_addr, &start)
             : placement_find(placement, length, alignment, lowest, header->max_addr, &start));
    if (!found) {
        return fail(error,
                    "relocatable image: 0x%llx bytes, aligned to 0x%x, do not fit into the free "
                    "memory from 0x%x to 0x%x",
                    (unsigned long long)length, alignment, header->min_addr, header->max_addr);
    }
    image_move(image, start);
    return true;
}
