// SPDX-License-Identifier: BSD-2-Clause
// See check/copies.h.
#include "tools/check/copies.h"

#include <inttypes.h>
#include <string.h>
#include "stage2/compression/checksum.h"
#include "stage2/fs/iso9660.h"
#include "stage2/fs/iso9660_records.h"

enum { SECTOR = ISO9660_SECTOR_SIZE };

/* Returns length bytes at an offset of the ISO, or NULL if it has not so many. */
static const uint8_t *bytes_at(struct bytes iso, uint64_t offset, uint64_t length)
{
    return range_within(offset, length, iso.size) ? iso.data + offset : NULL;
}

static uint64_t sector_of(struct bytes iso, const uint8_t *at)
{
    return (uint64_t)(at - iso.data) / SECTOR;
}

// ---- Numbers in both byte orders

static bool check32(struct bytes iso, const uint8_t *number, const char *what, struct error *error)
{
    return iso9660_orders_agree(number) || fail(error,
                                                "sector %" PRIu64 ": %s is %" PRIu32
                                                " in one byte order and %" PRIu32 " in the other",
                                                sector_of(iso, number), what, load32(number),
                                                __builtin_bswap32(load32(number + 4)));
}

static bool check16(struct bytes iso, const uint8_t *number, const char *what, struct error *error)
{
    return load16(number) == __builtin_bswap16(load16(number + 2)) ||
           fail(error, "sector %" PRIu64 ": %s is %u in one byte order and %u in the other",
                sector_of(iso, number), what, load16(number),
                __builtin_bswap16(load16(number + 2)));
}

static bool check_record(struct bytes iso, const uint8_t *record, struct error *error)
{
    enum { VOLUME_SEQUENCE = 28 };
    return check32(iso, record + RECORD_LBA, "a directory record's place", error) &&
           check32(iso, record + RECORD_BYTES, "a directory record's length", error) &&
           check16(iso, record + VOLUME_SEQUENCE, "a directory record's volume number", error);
}

/* Checks the records of a directory. What is wrong with it otherwise is the loader's to say, if it
   comes there. */
static bool check_directory(struct bytes iso, uint32_t lba, struct error *error)
{
    const uint8_t *first = bytes_at(iso, (uint64_t)lba * SECTOR, SECTOR);
    uint32_t size = first != NULL ? load32(first + RECORD_BYTES) : 0;
    if (first == NULL || bytes_at(iso, (uint64_t)lba * SECTOR, size) == NULL) {
        return true;
    }
    for (uint32_t at = 0; at < size;) {
        const uint8_t *record = first + at;
        unsigned length = record[RECORD_LENGTH], room = SECTOR - at % SECTOR;
        if (length < RECORD_MIN || length > room) {
            at += room; /* the rest of the sector is unused */
            continue;
        }
        if (!check_record(iso, record, error)) {
            return false;
        }
        at += length;
    }
    return true;
}

// ---- Volume descriptors and path tables

enum {
    SET_SIZE = 120,
    SEQUENCE_NUMBER = 124,
    PATH_TABLE_SIZE = 132,
    PATH_TABLE = 140,
    PATH_TABLE_BIG_ENDIAN = 148,

    TABLE_NAME_LENGTH = 0, /* path table records, ECMA-119, 9.4 */
    TABLE_LBA = 2,
    TABLE_PARENT = 6,
    TABLE_NAME = 8,
};

static bool same_table_record(const uint8_t *record, const uint8_t *big)
{
    return memcmp(record, big, TABLE_LBA) == 0 &&
           load32(record + TABLE_LBA) == __builtin_bswap32(load32(big + TABLE_LBA)) &&
           load16(record + TABLE_PARENT) == __builtin_bswap16(load16(big + TABLE_PARENT)) &&
           memcmp(record + TABLE_NAME, big + TABLE_NAME, record[TABLE_NAME_LENGTH]) == 0;
}

/* Checks the path table's records against the big-endian table, whose place some programs do not
   write, and the directories that they lead to. */
static bool check_tables(struct bytes iso, const uint8_t *descriptor, struct error *error)
{
    uint32_t size = load32(descriptor + PATH_TABLE_SIZE);
    uint32_t big_lba = __builtin_bswap32(load32(descriptor + PATH_TABLE_BIG_ENDIAN));
    const uint8_t *table = bytes_at(iso, (uint64_t)load32(descriptor + PATH_TABLE) * SECTOR, size);
    const uint8_t *big = bytes_at(iso, (uint64_t)big_lba * SECTOR, size);
    if (table == NULL || (big == NULL && big_lba != 0)) {
        return fail(error, "sector %" PRIu64 ": the path table is beyond the end of the ISO",
                    sector_of(iso, descriptor));
    }
    big = big_lba != 0 ? big : NULL;
    for (uint32_t at = 0; at + TABLE_NAME < size;) {
        const uint8_t *record = table + at;
        uint32_t length = TABLE_NAME + ((record[TABLE_NAME_LENGTH] + 1u) & ~1u);
        if (record[TABLE_NAME_LENGTH] == 0 || length > size - at) {
            break;
        }
        if (big != NULL && !same_table_record(record, big + at)) {
            return fail(error,
                        "sectors %" PRIu64 " and %" PRIu64
                        ": the path table and its big-endian copy differ at byte %" PRIu32,
                        sector_of(iso, record), sector_of(iso, big + at), at);
        }
        if (!check_directory(iso, load32(record + TABLE_LBA), error)) {
            return false;
        }
        at += length;
    }
    return true;
}

static bool check_volume(struct bytes iso, const uint8_t *descriptor, struct error *error)
{
    return iso9660_is_little_endian(descriptor) ||
           (check32(iso, descriptor + DESCRIPTOR_SPACE_SIZE, "the volume's size", error) &&
            check16(iso, descriptor + SET_SIZE, "the number of volumes", error) &&
            check16(iso, descriptor + SEQUENCE_NUMBER, "the volume's number", error) &&
            check16(iso, descriptor + DESCRIPTOR_BLOCK_SIZE, "the block size", error) &&
            check32(iso, descriptor + PATH_TABLE_SIZE, "the path table's size", error) &&
            check_record(iso, descriptor + DESCRIPTOR_ROOT, error) &&
            check_tables(iso, descriptor, error));
}

// ---- El Torito

/* Checks the catalog's first entry, whose 16-bit words add up to 0. */
static bool check_el_torito(struct bytes iso, const uint8_t *record, struct error *error)
{
    enum { SYSTEM = 7, CATALOG = 0x47, ENTRY_BYTES = 32, KEY = 30 };
    static const char system[] = "EL TORITO SPECIFICATION";
    uint32_t lba = load32(record + CATALOG);
    if (memcmp(record + SYSTEM, system, sizeof system - 1) != 0) {
        return true;
    }
    const uint8_t *entry = bytes_at(iso, (uint64_t)lba * SECTOR, ENTRY_BYTES);
    unsigned sum = 0;
    for (size_t i = 0; entry != NULL && i < ENTRY_BYTES; i += 2) {
        sum += load16(entry + i);
    }
    return (entry != NULL && entry[0] == 1 && (sum & 0xffff) == 0 &&
            load16(entry + KEY) == 0xaa55) ||
           fail(error, "sector %" PRIu32 ": El Torito's validation entry is damaged", lba);
}

// ---- GPT

enum {
    DISK_SECTOR = 512,
    HEADER_BYTES = 12,
    HEADER_CRC = 16,
    HEADER_OTHER = 32,
    HEADER_SHARED = 40, /* first field that both headers have, up to … */
    HEADER_ENTRIES = 72,
    HEADER_SHARED_AGAIN = 80, /* number and size of entries, their checksum */
    HEADER_SIZE = 92,
};

/* Returns the header at a sector of 512 bytes if its checksum and that of its entries are right. */
static const uint8_t *gpt_header(struct bytes iso, uint64_t sector)
{
    const uint8_t *header =
        sector < iso.size / DISK_SECTOR ? bytes_at(iso, sector * DISK_SECTOR, DISK_SECTOR) : NULL;
    if (header == NULL || memcmp(header, "EFI PART", 8) != 0) {
        return NULL;
    }
    uint8_t copy[DISK_SECTOR];
    uint32_t size = load32(header + HEADER_BYTES);
    memcpy(copy, header, sizeof copy);
    memset(copy + HEADER_CRC, 0, sizeof(uint32_t));
    uint64_t entries_bytes =
        (uint64_t)load32(header + HEADER_SHARED_AGAIN) * load32(header + HEADER_SHARED_AGAIN + 4);
    uint64_t entries_sector = load64(header + HEADER_ENTRIES);
    const uint8_t *entries = entries_sector < iso.size / DISK_SECTOR
                                 ? bytes_at(iso, entries_sector * DISK_SECTOR, entries_bytes)
                                 : NULL;
    bool is_right =
        size >= HEADER_SIZE && size <= DISK_SECTOR && entries != NULL &&
        checksum_crc32(copy, size) == load32(header + HEADER_CRC) &&
        checksum_crc32(entries, (size_t)entries_bytes) == load32(header + HEADER_SHARED_AGAIN + 8);
    return is_right ? header : NULL;
}

static bool check_gpt(struct bytes iso, struct error *error)
{
    const uint8_t *start = bytes_at(iso, DISK_SECTOR, DISK_SECTOR);
    if (start == NULL || memcmp(start, "EFI PART", 8) != 0) {
        return true; /* no GPT, or one of a disk with larger sectors */
    }
    const uint8_t *header = gpt_header(iso, 1);
    if (header == NULL) {
        return fail(error, "sector 0: the GPT's header or entries have another checksum");
    }
    uint64_t other = load64(header + HEADER_OTHER);
    const uint8_t *backup = gpt_header(iso, other);
    if (backup == NULL) {
        return fail(error, "sector %" PRIu64 ": the GPT's backup is missing or damaged",
                    other / (SECTOR / DISK_SECTOR));
    }
    return (load64(backup + HEADER_OTHER) == 1 &&
            memcmp(header + HEADER_SHARED, backup + HEADER_SHARED,
                   HEADER_ENTRIES - HEADER_SHARED) == 0 &&
            memcmp(header + HEADER_SHARED_AGAIN, backup + HEADER_SHARED_AGAIN,
                   HEADER_SIZE - HEADER_SHARED_AGAIN) == 0) ||
           fail(error, "sectors 0 and %" PRIu64 ": the GPT and its backup differ",
                other / (SECTOR / DISK_SECTOR));
}

// ---- All of them

bool copies_agree(struct bytes iso, struct error *error)
{
    enum { FIRST = 16, MOST = 64 };
    for (uint64_t lba = FIRST; lba < FIRST + MOST; lba++) {
        const uint8_t *descriptor = bytes_at(iso, lba * SECTOR, SECTOR);
        if (descriptor == NULL || memcmp(descriptor + 1, "CD001", 5) != 0 ||
            descriptor[DESCRIPTOR_TYPE] == DESCRIPTOR_TERMINATOR) {
            break;
        }
        uint8_t type = descriptor[DESCRIPTOR_TYPE];
        bool is_volume = type == DESCRIPTOR_PRIMARY || type == DESCRIPTOR_SUPPLEMENTARY;
        if ((is_volume && !check_volume(iso, descriptor, error)) ||
            (type == DESCRIPTOR_BOOT && !check_el_torito(iso, descriptor, error))) {
            return false;
        }
    }
    return check_gpt(iso, error);
}
