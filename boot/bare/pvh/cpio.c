// SPDX-License-Identifier: BSD-2-Clause
// See cpio.h. A header is "070701" or "070702" and 13 numbers of 8 hexadecimal digits. The name
// follows, then the data; both are padded to 4 bytes from the archive's start.
#include "boot/bare/pvh/cpio.h"

#include <string.h>

enum {
    MAGIC_BYTES = 6,
    FIELD_BYTES = 8,
    HEADER_BYTES = 110,
    ALIGNMENT = 4,

    INODE = 0, /* numbers of fields */
    MODE = 1,
    LINKS = 4,
    FILE_BYTES = 6,
    DEVICE_MAJOR = 7,
    DEVICE_MINOR = 8,
    NAME_BYTES = 11, /* with its NUL */

    MODE_TYPE = 0170000,
    MODE_FILE = 0100000,
    MODE_DIRECTORY = 0040000,
    MODE_LINK = 0120000,
};
static const char end_name[] = "TRAILER!!!";

bool cpio_recognise(struct bytes archive)
{
    return archive.size >= HEADER_BYTES && (memcmp(archive.data, "070701", MAGIC_BYTES) == 0 ||
                                            memcmp(archive.data, "070702", MAGIC_BYTES) == 0);
}

/* Reads a field of the header. False: it is no number. */
static bool number(const uint8_t *header, unsigned field, uint32_t *value)
{
    const uint8_t *at = header + MAGIC_BYTES + field * FIELD_BYTES;
    *value = 0;
    for (unsigned i = 0; i < FIELD_BYTES; i++) {
        unsigned digit = at[i] - '0';
        unsigned letter = (at[i] | 0x20u) - 'a';
        if (digit > 9 && letter > 5) {
            return false;
        }
        *value = *value << 4 | (digit <= 9 ? digit : letter + 10);
    }
    return true;
}

static enum cpio_kind kind_of(uint32_t mode)
{
    switch (mode & MODE_TYPE) {
    case MODE_FILE:
        return CPIO_FILE;
    case MODE_DIRECTORY:
        return CPIO_DIRECTORY;
    case MODE_LINK:
        return CPIO_LINK;
    default:
        return CPIO_OTHER;
    }
}

static uint64_t aligned(uint64_t offset)
{
    return (offset + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

/* Takes what is after the header at start. False: it ends after the archive. */
static bool take_parts(struct bytes archive, uint64_t start, uint32_t name_bytes,
                       uint32_t file_bytes, struct cpio_entry *entry, size_t *end)
{
    uint64_t name = start + HEADER_BYTES;
    uint64_t data = aligned(name + name_bytes);
    if (name_bytes == 0 || !range_within(name, name_bytes, archive.size) ||
        !range_within(data, file_bytes, archive.size)) {
        return false;
    }
    entry->name = (struct bytes){archive.data + name, name_bytes - 1};
    entry->data = (struct bytes){archive.data + data, file_bytes};
    uint64_t next = aligned(data + file_bytes);
    *end = next < archive.size ? (size_t)next : archive.size;
    return true;
}

enum cpio_step cpio_next(struct bytes archive, size_t *offset, struct cpio_entry *entry,
                         struct error *error)
{
    uint32_t mode, name_bytes, file_bytes;
    size_t start = *offset;
    if (start == archive.size) {
        return CPIO_END; /* cut after an entry, or written without an end */
    }
    struct bytes rest = {archive.data + start, archive.size - start};
    const uint8_t *header = rest.data;
    if (!cpio_recognise(rest) || !number(header, INODE, &entry->inode) ||
        !number(header, MODE, &mode) || !number(header, LINKS, &entry->links) ||
        !number(header, FILE_BYTES, &file_bytes) ||
        !number(header, DEVICE_MAJOR, &entry->device_major) ||
        !number(header, DEVICE_MINOR, &entry->device_minor) ||
        !number(header, NAME_BYTES, &name_bytes)) {
        fail(error, "cpio: no header of an entry at byte %zu", start);
        return CPIO_FAILED;
    }
    entry->kind = kind_of(mode);
    if (!take_parts(archive, start, name_bytes, file_bytes, entry, offset)) {
        fail(error, "cpio: the entry at byte %zu ends after the archive, was that cut?", start);
        return CPIO_FAILED;
    }
    bool is_end = entry->name.size == sizeof end_name - 1 &&
                  memcmp(entry->name.data, end_name, sizeof end_name - 1) == 0;
    return is_end ? CPIO_END : CPIO_ENTRY;
}
