// SPDX-License-Identifier: BSD-2-Clause
// See hybrid.h. UEFI 2.10, chapter 5 (GUID partition table, protective MBR); El Torito 1.0, figures
// 2 to 7 (boot record, boot catalog).
#include "tools/hybrid.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    IMAGE_DISC_ID = 40, /* boot/bios/boot.asm: disc_id, which no checksum covers */

    SECTOR = 512, /* the disk's */
    BLOCK = 2048, /* the ISO's */
    SYSTEM_AREA = 16 * BLOCK,

    /* The MBR. */
    MBR_IMAGE_BLOCK = 0x1b0, /* see mbr.asm: 512-byte blocks before the boot image … */
    MBR_IMAGE_BIAS = 4,      /* … plus this */
    MBR_CODE_MAX = MBR_IMAGE_BLOCK,
    MBR_DISK_SIGNATURE = 440,
    MBR_PARTITIONS = 446,
    MBR_PARTITION_BYTES = 16,
    MBR_SIGNATURE = 510,
    MBR_ACTIVE = 0x80,
    MBR_TYPE_UNUSED = 0x00,
    MBR_TYPE_GPT_PROTECTIVE = 0xee,

    /* The GPT. */
    GPT_REVISION = 0x00010000,
    GPT_HEADER_BYTES = 92,
    GPT_ENTRY_BYTES = 128,
    GPT_ENTRY_COUNT = 128,
    GPT_ENTRIES_BYTES = GPT_ENTRY_BYTES * GPT_ENTRY_COUNT,
    GPT_ENTRIES_SECTORS = GPT_ENTRIES_BYTES / SECTOR,
    GPT_ENTRIES_START = 2 * SECTOR,
    GPT_FIRST_USABLE = SYSTEM_AREA / SECTOR,
    GUID_BYTES = 16,

    /* The volume descriptors, ECMA-119 8.4. */
    DESCRIPTOR_PRIMARY = 1,
    DESCRIPTOR_SUPPLEMENTARY = 2,
    DESCRIPTOR_TERMINATOR = 255,
    DESCRIPTOR_MODIFIED = 830,

    /* El Torito. */
    BOOT_RECORD_BLOCK = 17,
    BOOT_RECORD_CATALOG = 0x47,
    CATALOG_DEFAULT_ENTRY = 0x20,
    CATALOG_BOOTABLE = 0x88,
    CATALOG_LOAD_RBA = 8,
};
static_assert(HYBRID_BACKUP_BYTES == GPT_ENTRIES_BYTES + SECTOR, "the backup: entries and header");

/* Microsoft basic data, EBD0A0A2-B9E5-4433-87C0-68B6B72699C7: what systems look into. */
static const uint8_t basic_data_type[GUID_BYTES] = {0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44,
                                                    0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7};
#define HASHED_BYTES ((uint64_t)64 << 20)
static const uint8_t gpt_signature[8] = {'E', 'F', 'I', ' ', 'P', 'A', 'R', 'T'};
static const char partition_name[] = "Whelk ISO";
#define GPT_REQUIRED  ((uint64_t)1 << 0)
#define GPT_READ_ONLY ((uint64_t)1 << 60) /* of the basic data type */

static void store32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static void store64(uint8_t *at, uint64_t value)
{
    store32(at, (uint32_t)value);
    store32(at + 4, (uint32_t)(value >> 32));
}

/* CRC-32 as in ISO 3309, continued from crc (0 at the start). */
static uint32_t crc32(uint32_t crc, const uint8_t *data, size_t size)
{
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
        }
    }
    return ~crc;
}

static bool read_at(int iso, uint64_t offset, void *buffer, size_t length, struct error *error)
{
    ssize_t got = pread(iso, buffer, length, (off_t)offset);
    return got == (ssize_t)length || fail(error, "cannot read the new ISO again: %s",
                                          got < 0 ? strerror(errno) : "too short");
}

static bool write_at(int iso, uint64_t offset, const void *data, size_t length, struct error *error)
{
    ssize_t put = pwrite(iso, data, length, (off_t)offset);
    return put == (ssize_t)length ||
           fail(error, "cannot write the ISO: %s", put < 0 ? strerror(errno) : "no space left");
}

/* The ISO's block where the El Torito default entry's boot image starts. */
static bool find_boot_image(int iso, uint32_t *block, struct error *error)
{
    uint8_t record[BLOCK], catalog[BLOCK];
    static const char system_id[] = "\0CD001\1EL TORITO SPECIFICATION";
    if (!read_at(iso, (uint64_t)BOOT_RECORD_BLOCK * BLOCK, record, sizeof record, error)) {
        return false;
    }
    if (memcmp(record, system_id, sizeof system_id) != 0) {
        return fail(error, "xorriso made an ISO without an El Torito boot record");
    }
    uint64_t catalog_block = load32(record + BOOT_RECORD_CATALOG);
    if (!read_at(iso, catalog_block * BLOCK, catalog, sizeof catalog, error)) {
        return false;
    }
    const uint8_t *entry = catalog + CATALOG_DEFAULT_ENTRY;
    *block = load32(entry + CATALOG_LOAD_RBA);
    return entry[0] == CATALOG_BOOTABLE ||
           fail(error, "xorriso made an ISO whose boot catalog does not boot");
}

/* Goes on with a hash: quick, and good enough to tell ISOs apart. */
static uint64_t hash_more(uint64_t hash, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ data[i]) * 0x100000001b3; /* FNV-1a's prime */
    }
    return hash ^ hash >> 32;
}

/* What the ISO contains, as a number: of its descriptors, directories and first files, which are
   those that boot. */
static bool hash_contents(int iso, uint64_t size, uint64_t *hash, struct error *error)
{
    uint8_t data[32 * BLOCK];
    uint64_t end = size < HASHED_BYTES ? size : HASHED_BYTES;
    *hash = 0;
    for (uint64_t at = SYSTEM_AREA; at < end; at += sizeof data) {
        size_t length = end - at < sizeof data ? (size_t)(end - at) : sizeof data;
        if (!read_at(iso, at, data, length, error)) {
            return false;
        }
        *hash = hash_more(*hash, data, length);
    }
    return true;
}

/* An identifier from the contents' hash: a GUID of RFC 9562's version 8. */
static void make_guid(uint64_t hash, uint8_t purpose, uint8_t guid[GUID_BYTES])
{
    for (uint8_t i = 0; i < 2; i++) {
        uint8_t bytes[8];
        store64(bytes, hash);
        store64(guid + 8 * (size_t)i,
                hash_more(hash_more(hash, (const uint8_t[]){purpose, i}, 2), bytes, sizeof bytes));
    }
    guid[7] = (uint8_t)((guid[7] & 0x0f) | 0x80); /* version; the third field is little-endian */
    guid[8] = (uint8_t)((guid[8] & 0x3f) | 0x80); /* variant */
}

/* Systems know a volume by its modification date (blkid calls it the UUID). Where no one has chosen
   it, each ISO gets its own time of that day. */
static bool write_identity(int iso, uint64_t hash, struct error *error)
{
    uint8_t descriptor[BLOCK], *date = descriptor + DESCRIPTOR_MODIFIED;
    for (uint64_t block = SYSTEM_AREA / BLOCK;; block++) {
        if (!read_at(iso, block * BLOCK, descriptor, sizeof descriptor, error)) {
            return false;
        }
        if (descriptor[0] == DESCRIPTOR_TERMINATOR) {
            return true;
        }
        bool is_volume =
            descriptor[0] == DESCRIPTOR_PRIMARY || descriptor[0] == DESCRIPTOR_SUPPLEMENTARY;
        if (is_volume && memcmp(date, HYBRID_UNDATED, strlen(HYBRID_UNDATED)) == 0) {
            unsigned hundredths = (unsigned)(hash % (24 * 60 * 60 * 100));
            char time[9];
            snprintf(time, sizeof time, "%02u%02u%02u%02u", hundredths / 360000 % 24,
                     hundredths / 6000 % 60, hundredths / 100 % 60, hundredths % 100);
            memcpy(date + strlen("YYYYMMDD"), time, 8);
            if (!write_at(iso, block * BLOCK + DESCRIPTOR_MODIFIED, date, 16, error)) {
                return false;
            }
        }
    }
}

static void put_mbr_partition(uint8_t *mbr, size_t index, uint8_t status, uint8_t type,
                              uint32_t start, uint32_t count)
{
    uint8_t *at = mbr + MBR_PARTITIONS + index * MBR_PARTITION_BYTES;
    at[0] = status;
    memcpy(at + 1, (const uint8_t[]){0, 2, 0}, 3); /* start in CHS: sector 2, as UEFI has it */
    at[4] = type;
    memset(at + 5, 0xff, 3); /* end in CHS: too large */
    store32(at + 8, start);
    store32(at + 12, count);
}

/* The protective MBR. Some firmware boots no disk without an active partition, and UEFI wants the
   protective one not to be active: so a second entry, of no type, is. */
static void put_mbr(uint8_t *sector, struct bytes code, uint32_t boot_image_block,
                    uint64_t sector_count, uint32_t disk_signature)
{
    memcpy(sector, code.data, code.size);
    store64(sector + MBR_IMAGE_BLOCK,
            (uint64_t)boot_image_block * (BLOCK / SECTOR) + MBR_IMAGE_BIAS);
    store32(sector + MBR_DISK_SIGNATURE, disk_signature);
    uint64_t covered = sector_count - 1;
    put_mbr_partition(sector, 0, 0, MBR_TYPE_GPT_PROTECTIVE, 1,
                      covered > UINT32_MAX ? UINT32_MAX : (uint32_t)covered);
    put_mbr_partition(sector, 1, MBR_ACTIVE, MBR_TYPE_UNUSED, 0, 1);
    sector[MBR_SIGNATURE] = 0x55;
    sector[MBR_SIGNATURE + 1] = 0xaa;
}

static void put_gpt_entry(uint8_t *entry, const uint8_t guid[GUID_BYTES], uint64_t first,
                          uint64_t last)
{
    memcpy(entry, basic_data_type, GUID_BYTES);
    memcpy(entry + 16, guid, GUID_BYTES);
    store64(entry + 32, first);
    store64(entry + 40, last);
    store64(entry + 48, GPT_REQUIRED | GPT_READ_ONLY);
    for (size_t i = 0; i < sizeof partition_name; i++) {
        entry[56 + 2 * i] = (uint8_t)partition_name[i]; /* UTF-16 */
    }
}

static void put_gpt_header(uint8_t *header, uint64_t own, uint64_t other, uint64_t entries,
                           uint64_t sector_count, const uint8_t disk_guid[GUID_BYTES],
                           uint32_t entries_crc)
{
    memcpy(header, gpt_signature, sizeof gpt_signature);
    store32(header + 8, GPT_REVISION);
    store32(header + 12, GPT_HEADER_BYTES);
    store64(header + 24, own);
    store64(header + 32, other);
    store64(header + 40, GPT_FIRST_USABLE);
    store64(header + 48, sector_count - 2 - GPT_ENTRIES_SECTORS);
    memcpy(header + 56, disk_guid, GUID_BYTES);
    store64(header + 72, entries);
    store32(header + 80, GPT_ENTRY_COUNT);
    store32(header + 84, GPT_ENTRY_BYTES);
    store32(header + 88, entries_crc);
    store32(header + 16, crc32(0, header, GPT_HEADER_BYTES));
}

static bool is_free(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Whether the first bytes of the ISO are free for the partition table, and the last ones, in the
   padding, for its backup. */
static bool check_room(int iso, uint64_t size, struct error *error)
{
    uint8_t system_area[SYSTEM_AREA], tail[HYBRID_BACKUP_BYTES];
    if (!read_at(iso, 0, system_area, sizeof system_area, error) ||
        !read_at(iso, size - sizeof tail, tail, sizeof tail, error)) {
        return false;
    }
    if (!is_free(system_area, sizeof system_area)) {
        return fail(error,
                    "an option has xorriso write boot code or a partition table to the ISO's "
                    "start, where Whelk's belong; leave it out");
    }
    return is_free(tail, sizeof tail) ||
           fail(error, "no room for the backup partition table at the end of the ISO");
}

static bool write_tables(int iso, uint64_t size, struct bytes mbr, struct error *error)
{
    uint64_t sector_count = size / SECTOR;
    uint32_t image_block = 0;
    uint64_t hash = 0;
    uint8_t disk_guid[GUID_BYTES], partition_guid[GUID_BYTES];
    if (!check_room(iso, size, error) || !find_boot_image(iso, &image_block, error) ||
        !hash_contents(iso, size, &hash, error) || !write_identity(iso, hash, error)) {
        return false;
    }
    make_guid(hash, 0, disk_guid);
    make_guid(hash, 1, partition_guid);
    /* MBR, GPT header, GPT entries; and the backup: entries, header. */
    uint8_t front[GPT_ENTRIES_START + GPT_ENTRIES_BYTES] = {0};
    static_assert(sizeof front <= SYSTEM_AREA, "ISO 9660 leaves this much room");
    uint8_t back_header[SECTOR] = {0};
    uint8_t *entries = front + GPT_ENTRIES_START;
    put_mbr(front, mbr, image_block, sector_count, load32(disk_guid));
    put_gpt_entry(entries, partition_guid, GPT_FIRST_USABLE,
                  sector_count - 2 - GPT_ENTRIES_SECTORS);
    uint32_t entries_crc = crc32(0, entries, GPT_ENTRIES_BYTES);
    uint64_t back = sector_count - 1;
    put_gpt_header(front + SECTOR, 1, back, 2, sector_count, disk_guid, entries_crc);
    put_gpt_header(back_header, back, 1, back - GPT_ENTRIES_SECTORS, sector_count, disk_guid,
                   entries_crc);
    uint64_t disc_id = (uint64_t)image_block * BLOCK + IMAGE_DISC_ID;
    return write_at(iso, 0, front, sizeof front, error) &&
           write_at(iso, disc_id, disk_guid, sizeof disk_guid, error) &&
           write_at(iso, size - HYBRID_BACKUP_BYTES, entries, GPT_ENTRIES_BYTES, error) &&
           write_at(iso, size - SECTOR, back_header, SECTOR, error);
}

bool hybrid_write(const char *iso_path, struct bytes mbr, struct error *error)
{
    if (mbr.size > MBR_CODE_MAX) {
        return fail(error, "the MBR's code has %zu bytes, room is for %d", mbr.size, MBR_CODE_MAX);
    }
    int iso = open(iso_path, O_RDWR | O_CLOEXEC);
    struct stat status;
    if (iso < 0 || fstat(iso, &status) != 0) {
        fail(error, "%s: %s", iso_path, strerror(errno));
        if (iso >= 0) {
            close(iso);
        }
        return false;
    }
    bool done = write_tables(iso, (uint64_t)status.st_size, mbr, error);
    if (close(iso) != 0 && done) {
        done = fail(error, "cannot write the ISO: %s", strerror(errno));
    }
    return done;
}
