// SPDX-License-Identifier: BSD-2-Clause
// See hybrid.h. UEFI 2.10, chapter 5 (GUID partition table, protective MBR).
#include "tools/iso/hybrid.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "stage2/compression/checksum.h"
#include "tools/iso/el_torito.h"
#include "tools/tree/iso.h"
#include "tools/iso/iso_bytes.h"
#include "tools/iso/iso_length.h"
#include "tools/iso/output.h"
#include "tools/iso/store.h"
#include "tools/iso/volumes.h"

enum {
    IMAGE_DISC_ID = 40,        /* offset of boot.asm's disc_id, which no checksum covers */
    IMAGE_DISC_BYTES = 16 + 4, /* the id, then the disc's size in blocks */

    SECTOR = 512, /* the disk's */
    BLOCK = 2048, /* the ISO's */
    SYSTEM_AREA = 16 * BLOCK,
    BACKUP_BLOCKS_BYTES = (HYBRID_BACKUP_BYTES + BLOCK - 1) / BLOCK * BLOCK,

    /* The MBR. */
    MBR_IMAGE_BLOCK = 0x1b0, /* see mbr.asm: the boot image's first sector plus the bias */
    MBR_IMAGE_BIAS = 4,
    MBR_CODE_MAX = MBR_IMAGE_BLOCK,
    MBR_DISK_SIGNATURE = 440,
    MBR_PARTITIONS = 446,
    MBR_PARTITION_BYTES = 16,
    MBR_PARTITION_COUNT = 4,
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
    GPT_NUMBERS = 3 + APPENDED_MAX, /* of entries in use, at most */
    GUID_BYTES = 16,

    DESCRIPTOR_MODIFIED = 830, /* a volume's modification date, ECMA-119 8.4.27 */
};
static_assert(HYBRID_BACKUP_BYTES == GPT_ENTRIES_BYTES + SECTOR, "the backup: entries and header");

/* Microsoft basic data, EBD0A0A2-B9E5-4433-87C0-68B6B72699C7: systems look for files in it. */
static const uint8_t basic_data_type[GUID_BYTES] = {0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44,
                                                    0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7};
#define HASHED_BYTES ((uint64_t)64 << 20)
static const uint8_t gpt_signature[8] = {'E', 'F', 'I', ' ', 'P', 'A', 'R', 'T'};
static const char iso_name[] = "Whelk ISO";
/* EFI system partition, C12A7328-F81F-11D2-BA4B-00A0C93EC93B: UEFI boots from it. */
static const uint8_t efi_system_type[GUID_BYTES] = {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
                                                    0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};
#define GPT_REQUIRED  ((uint64_t)1 << 0)
#define GPT_READ_ONLY ((uint64_t)1 << 60) /* of the basic data type */

/* Continues a hash that is quick, and good enough to tell ISOs apart. */
static uint64_t hash_more(uint64_t hash, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ data[i]) * 0x100000001b3; /* FNV-1a's prime */
    }
    return hash ^ hash >> 32;
}

/* Hashes the ISO's first part: descriptors, directories, and the first files, those that boot. */
static bool hash_contents(int iso, uint64_t size, uint64_t *hash, struct error *error)
{
    uint8_t data[32 * BLOCK];
    uint64_t end = size < HASHED_BYTES ? size : HASHED_BYTES;
    *hash = 0;
    for (uint64_t at = SYSTEM_AREA; at < end; at += sizeof data) {
        size_t length = end - at < sizeof data ? (size_t)(end - at) : sizeof data;
        if (!iso_read_bytes(iso, at, data, length, error)) {
            return false;
        }
        *hash = hash_more(*hash, data, length);
    }
    return true;
}

/* Makes a GUID (RFC 9562, version 8) of the contents' hash. Each purpose gets another one. */
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

/* Writes a time of day, made of the hash, to a volume's modification date if the user has chosen
   none. Systems identify a volume by that date (blkid calls it the UUID). */
static bool write_time(int iso, uint64_t offset, const uint8_t *descriptor, const void *hash,
                       struct error *error)
{
    if (memcmp(descriptor + DESCRIPTOR_MODIFIED, HYBRID_UNDATED, strlen(HYBRID_UNDATED)) != 0) {
        return true;
    }
    unsigned hundredths = (unsigned)(*(const uint64_t *)hash % (24 * 60 * 60 * 100));
    char time[sizeof "hhmmsscc"];
    snprintf(time, sizeof time, "%02u%02u%02u%02u", hundredths / 360000 % 24,
             hundredths / 6000 % 60, hundredths / 100 % 60, hundredths % 100);
    return iso_write_bytes(iso, offset + DESCRIPTOR_MODIFIED + strlen("YYYYMMDD"), time,
                           strlen(time), error);
}

static void put_mbr_partition(uint8_t *mbr, size_t index, uint8_t status, uint8_t type,
                              uint64_t start, uint64_t count)
{
    uint8_t *at = mbr + MBR_PARTITIONS + index * MBR_PARTITION_BYTES;
    at[0] = status;
    /* start in CHS: sector 2, as UEFI says for the protective one, or too large */
    memcpy(at + 1, start <= 1 ? (const uint8_t[]){0, 2, 0} : (const uint8_t[]){0xfe, 0xff, 0xff},
           3);
    at[4] = type;
    memset(at + 5, 0xff, 3); /* end in CHS: too large */
    store32(at + 8, (uint32_t)start);
    store32(at + 12, count > UINT32_MAX ? UINT32_MAX : (uint32_t)count);
}

/* Whether a partition of the user's has this number, from 1. */
static bool is_taken(const struct appended *appended, size_t number)
{
    for (size_t i = 0; i < appended->count; i++) {
        if (appended->at[i].number == number) {
            return true;
        }
    }
    return false;
}

/* Returns the first number from this one on that no partition of the user's has. */
static size_t free_number(const struct appended *appended, size_t number)
{
    while (is_taken(appended, number)) {
        number++;
    }
    return number;
}

/* Writes the MBR's table: a protective partition up to the user's, and these. Some BIOSes boot no
   disk without an active partition, but UEFI forbids the protective one to be active: so another
   entry is active, of type "unused", or else the user's first. */
static void put_mbr_partitions(uint8_t *sector, const struct appended *appended,
                               uint64_t sector_count)
{
    size_t protective = free_number(appended, 1), unused = free_number(appended, protective + 1);
    bool has_unused = unused <= MBR_PARTITION_COUNT;
    uint64_t end = appended->count != 0 ? appended->at[0].first : sector_count;
    put_mbr_partition(sector, protective - 1, 0, MBR_TYPE_GPT_PROTECTIVE, 1, end - 1);
    if (has_unused) {
        put_mbr_partition(sector, unused - 1, MBR_ACTIVE, MBR_TYPE_UNUSED, 0, 1);
    }
    for (size_t i = 0; i < appended->count; i++) {
        const struct appended_partition *partition = &appended->at[i];
        put_mbr_partition(sector, partition->number - 1, i == 0 && !has_unused ? MBR_ACTIVE : 0,
                          partition->mbr_type, partition->first,
                          partition->last - partition->first + 1);
    }
}

static void put_mbr(uint8_t *sector, struct bytes code, uint32_t boot_image_block,
                    uint32_t disk_signature)
{
    memcpy(sector, code.data, code.size);
    store64(sector + MBR_IMAGE_BLOCK,
            (uint64_t)boot_image_block * (BLOCK / SECTOR) + MBR_IMAGE_BIAS);
    store32(sector + MBR_DISK_SIGNATURE, disk_signature);
    sector[MBR_SIGNATURE] = 0x55;
    sector[MBR_SIGNATURE + 1] = 0xaa;
}

/* A range of sectors, `last` included. */
struct range {
    uint64_t first, last;
};

static void put_gpt_entry(uint8_t *entry, const uint8_t type[GUID_BYTES], const char *name,
                          struct range range, uint64_t flags)
{
    memcpy(entry, type, GUID_BYTES);
    store64(entry + 32, range.first);
    store64(entry + 40, range.last);
    store64(entry + 48, flags);
    for (size_t i = 0; name[i] != '\0'; i++) {
        entry[56 + 2 * i] = (uint8_t)name[i]; /* UTF-16 */
    }
}

static uint8_t *gpt_entry(uint8_t *entries, size_t number)
{
    return entries + (number - 1) * GPT_ENTRY_BYTES;
}

/* Writes the partitions, which must not overlap: the ISO up to the volume for UEFI, the volume, the
   rest of the ISO, the user's. Without a volume the ISO is one partition. The user's have the
   numbers that they were given, the others the numbers that are left. */
static void put_gpt_entries(uint8_t *entries, uint64_t hash, struct range all, struct range efi,
                            const struct appended *appended)
{
    const uint64_t iso_flags = GPT_REQUIRED | GPT_READ_ONLY;
    bool has_efi = all.first < efi.first && efi.first < efi.last && efi.last < all.last;
    struct range front = {all.first, has_efi ? efi.first - 1 : all.last};
    size_t first = free_number(appended, 1), second = free_number(appended, first + 1),
           third = free_number(appended, second + 1);
    put_gpt_entry(gpt_entry(entries, first), basic_data_type, iso_name, front, iso_flags);
    if (has_efi) {
        put_gpt_entry(gpt_entry(entries, second), efi_system_type, "EFI boot", efi, GPT_REQUIRED);
        put_gpt_entry(gpt_entry(entries, third), basic_data_type, iso_name,
                      (struct range){efi.last + 1, all.last}, iso_flags);
    }
    for (size_t i = 0; i < appended->count; i++) {
        const struct appended_partition *partition = &appended->at[i];
        put_gpt_entry(gpt_entry(entries, partition->number), partition->gpt_type, "Appended",
                      (struct range){partition->first, partition->last}, 0);
    }
    for (size_t number = 1; number <= GPT_NUMBERS; number++) {
        uint8_t *entry = gpt_entry(entries, number);
        if (load64(entry + 32) != 0) {
            make_guid(hash, (uint8_t)number, entry + GUID_BYTES);
        }
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
    store32(header + 16, checksum_crc32(header, GPT_HEADER_BYTES));
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

/* Checks that the system area is free for the partition table, and the last bytes of the padding
   for its backup. */
static bool check_room(int iso, uint64_t size, struct error *error)
{
    uint8_t system_area[SYSTEM_AREA], tail[HYBRID_BACKUP_BYTES];
    if (!iso_read_bytes(iso, 0, system_area, sizeof system_area, error) ||
        !iso_read_bytes(iso, size - sizeof tail, tail, sizeof tail, error)) {
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

/* Finds the extent of a file, which must have exactly one. */
static bool find_extent(const struct iso *iso, const char *path, struct iso9660_extent *extent,
                        struct error *error)
{
    uint8_t memory[4096];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct iso9660_file file;
    if (!iso_find(iso, path, &file, &arena, error)) {
        fail_in(error, "%s in the new ISO: ", path);
        return false;
    }
    if (file.is_directory || file.extent_count != 1) {
        fail(error, "%s: not a file that UEFI could boot from", path);
        return false;
    }
    *extent = file.extents[0];
    return true;
}

/* Finds the volume for UEFI: the user's file, or Whelk's head and the loaders that follow it. *head
   is the first file alone. */
static bool find_volume(const struct iso *iso, const struct efi_boot *efi,
                        struct iso9660_extent *head, struct iso9660_extent *volume,
                        struct error *error)
{
    if (!find_extent(iso, efi->volume, head, error)) {
        return false;
    }
    *volume = *head;
    for (size_t i = 1; i < efi->count; i++) {
        struct iso9660_extent file;
        if (!find_extent(iso, efi->files[i].path, &file, error)) {
            return false;
        }
        uint32_t blocks = (volume->length_bytes + BLOCK - 1) / BLOCK;
        if (file.lba != volume->lba + blocks) {
            fail(error, "%s: an option puts it elsewhere than after %s; leave it out",
                 efi->files[i].path, efi->volume);
            return false;
        }
        volume->length_bytes = (blocks + (file.length_bytes + BLOCK - 1) / BLOCK) * BLOCK;
    }
    return true;
}

/* Adds an entry for UEFI to the boot catalog, unless an option of the user has made one. The head's
   file gets the length of the whole volume: programs that copy the files to another ISO then copy
   the volume. */
static bool add_efi(int iso, const char *path, const struct efi_boot *efi,
                    struct el_torito *catalog, struct error *error)
{
    if (catalog->efi_sectors != 0) {
        return true;
    }
    struct iso files;
    struct iso9660_extent head = {0}, volume = {0};
    bool found =
        iso_open(&files, path, NULL, error) && find_volume(&files, efi, &head, &volume, error);
    iso_close(&files);
    if (!found) {
        return false;
    }
    uint64_t blocks = ((uint64_t)volume.length_bytes + BLOCK - 1) / BLOCK;
    return (efi->count == 0 || iso_set_length(iso, &head, volume.length_bytes, error)) &&
           el_torito_add_efi(catalog, iso, volume.lba, blocks * (BLOCK / SECTOR), error);
}

/* Adds the user's partitions to the ISO, and room for the backup GPT after them. */
static bool append_partitions(int iso, uint64_t *size, struct appended *appended,
                              struct error *error)
{
    if (appended->count == 0) {
        return true;
    }
    if (!appended_write(appended, iso, size, error)) {
        return false;
    }
    *size += BACKUP_BLOCKS_BYTES;
    return ftruncate(iso, (off_t)*size) == 0 || output_fail(errno, error);
}

static bool write_tables(int iso, const char *path, uint64_t iso_size, struct bytes mbr,
                         const struct efi_boot *efi, struct appended *appended, struct error *error)
{
    uint64_t size = iso_size, hash = 0;
    struct el_torito catalog;
    uint8_t disk_guid[GUID_BYTES];
    if (!check_room(iso, size, error) || !el_torito_read(&catalog, iso, error) ||
        !add_efi(iso, path, efi, &catalog, error) ||
        !append_partitions(iso, &size, appended, error) ||
        !hash_contents(iso, size, &hash, error) || !volumes_visit(iso, write_time, &hash, error)) {
        return false;
    }
    make_guid(hash, 0, disk_guid);
    /* front: MBR, GPT header, GPT entries. The backup: entries, then header. */
    uint8_t front[GPT_ENTRIES_START + GPT_ENTRIES_BYTES] = {0};
    static_assert(sizeof front <= SYSTEM_AREA, "ISO 9660 leaves this much room");
    uint8_t back_header[SECTOR] = {0};
    uint8_t *entries = front + GPT_ENTRIES_START;
    uint64_t sector_count = size / SECTOR, back = sector_count - 1;
    uint64_t efi_first = (uint64_t)catalog.efi_block * (BLOCK / SECTOR);
    uint64_t iso_last =
        appended->count != 0 ? iso_size / SECTOR - 1 : back - 1 - GPT_ENTRIES_SECTORS;
    put_mbr(front, mbr, catalog.image_block, load32(disk_guid));
    put_mbr_partitions(front, appended, sector_count);
    put_gpt_entries(entries, hash, (struct range){GPT_FIRST_USABLE, iso_last},
                    (struct range){efi_first, efi_first + catalog.efi_sectors - 1}, appended);
    uint32_t entries_crc = checksum_crc32(entries, GPT_ENTRIES_BYTES);
    put_gpt_header(front + SECTOR, 1, back, 2, sector_count, disk_guid, entries_crc);
    put_gpt_header(back_header, back, 1, back - GPT_ENTRIES_SECTORS, sector_count, disk_guid,
                   entries_crc);
    uint8_t disc[IMAGE_DISC_BYTES];
    memcpy(disc, disk_guid, sizeof disk_guid);
    store32(disc + sizeof disk_guid, (uint32_t)(iso_size / BLOCK));
    uint64_t disc_id = (uint64_t)catalog.image_block * BLOCK + IMAGE_DISC_ID;
    return iso_write_bytes(iso, 0, front, sizeof front, error) &&
           iso_write_bytes(iso, disc_id, disc, sizeof disc, error) &&
           iso_write_bytes(iso, size - HYBRID_BACKUP_BYTES, entries, GPT_ENTRIES_BYTES, error) &&
           iso_write_bytes(iso, size - SECTOR, back_header, SECTOR, error);
}

bool hybrid_write(const char *iso_path, struct bytes mbr, const struct efi_boot *efi,
                  struct appended *appended, struct error *error)
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
    bool done = write_tables(iso, iso_path, (uint64_t)status.st_size, mbr, efi, appended, error);
    if (close(iso) != 0 && done) {
        done = output_fail(errno, error);
    }
    return done;
}
