// SPDX-License-Identifier: BSD-2-Clause
// See iso_length.h. Sections are ECMA-119's.
#include "tools/iso/iso_length.h"

#include <stddef.h>
#include "loader/bytes.h"
#include "tools/iso/iso_bytes.h"
#include "tools/iso/store.h"
#include "tools/iso/volumes.h"

enum {
    BLOCK = ISO9660_SECTOR_SIZE,
    DESCRIPTOR_ROOT = 156, /* a volume descriptor's directory record, 8.4.18 */

    /* A directory record, 9.1. Its numbers are stored in both byte orders, 7.3.3. */
    RECORD_EXTENT = 2,
    RECORD_LENGTH = 10,
    RECORD_FLAGS = 25,
    RECORD_NAME_LENGTH = 32,
    RECORD_NAME = 33,
    FLAG_DIRECTORY = 2,
    NAME_PARENT = 1, /* 0: the directory itself, 6.8.2.2 */
    LEVELS = 2,
};

struct change {
    int iso;
    struct iso9660_extent file;
    uint32_t bytes;
};

static void store32_both(uint8_t *at, uint32_t value)
{
    store32(at, value);
    store32(at + 4, __builtin_bswap32(value));
}

static bool is_directory(const uint8_t *record)
{
    return (record[RECORD_FLAGS] & FLAG_DIRECTORY) != 0 &&
           (record[RECORD_NAME_LENGTH] != 1 || record[RECORD_NAME] > NAME_PARENT);
}

static bool change_in(const struct change *change, const uint8_t *directory, unsigned levels,
                      struct error *error);

/* Changes the record at this offset of the ISO if it is the file's. In a directory, changes its
   records and those in this many levels below it. */
static bool change_record(const struct change *change, uint8_t *record, uint64_t offset,
                          unsigned levels, struct error *error)
{
    uint8_t *length = record + RECORD_LENGTH;
    if (is_directory(record)) {
        return levels == 0 || change_in(change, record, levels - 1, error);
    }
    if (load32(record + RECORD_EXTENT) != change->file.lba ||
        load32(length) != change->file.length_bytes) {
        return true;
    }
    store32_both(length, change->bytes);
    return iso_write_bytes(change->iso, offset + RECORD_LENGTH, length, 8, error);
}

/* Changes the records in a directory, given by its own record, and in this many levels below it. */
static bool change_in(const struct change *change, const uint8_t *directory, unsigned levels,
                      struct error *error)
{
    uint8_t block[BLOCK];
    uint64_t at = (uint64_t)load32(directory + RECORD_EXTENT) * BLOCK;
    uint64_t end = at + load32(directory + RECORD_LENGTH);
    for (; at < end; at += BLOCK) {
        if (!iso_read_bytes(change->iso, at, block, sizeof block, error)) {
            return false;
        }
        for (size_t i = 0; i + RECORD_NAME < BLOCK && block[i] != 0; i += block[i]) {
            if (!change_record(change, block + i, at + i, levels, error)) {
                return false;
            }
        }
    }
    return true;
}

static bool change_volume(int iso, uint64_t offset, const uint8_t *descriptor, const void *change,
                          struct error *error)
{
    (void)iso, (void)offset;
    return change_in(change, descriptor + DESCRIPTOR_ROOT, LEVELS - 1, error);
}

bool iso_set_length(int iso, const struct iso9660_extent *file, uint32_t bytes, struct error *error)
{
    const struct change change = {iso, *file, bytes};
    return volumes_visit(iso, change_volume, &change, error);
}
