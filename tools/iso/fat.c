// SPDX-License-Identifier: BSD-2-Clause
// See fat.h. Microsoft's FAT specification 1.03: boot sector, allocation tables, root directory,
// and the directories EFI and EFI/BOOT, one cluster each.
#include "tools/iso/fat.h"

#include <assert.h>
#include <string.h>
#include "tools/iso/store.h"

enum {
    SECTOR = 512,
    SECTORS_PER_CLUSTER = FAT_BLOCK_BYTES / SECTOR,
    TABLES = 2,
    ENTRY_BYTES = 32,
    ROOT_ENTRIES = SECTOR / ENTRY_BYTES,
    FIRST_CLUSTER = 2,
    CLUSTER_COUNT_MAX = 4084, /* more would be FAT16 */

    /* The boot sector. */
    BPB_OEM_NAME = 3,
    BPB_BYTES_PER_SECTOR = 11,
    BPB_SECTORS_PER_CLUSTER = 13,
    BPB_RESERVED_SECTORS = 14,
    BPB_TABLES = 16,
    BPB_ROOT_ENTRIES = 17,
    BPB_SECTORS = 19,
    BPB_MEDIA = 21,
    BPB_TABLE_SECTORS = 22,
    BPB_SECTORS_PER_TRACK = 24,
    BPB_HEADS = 26,
    BPB_EXTENDED_SIGNATURE = 38,
    BPB_SERIAL = 39,
    BPB_LABEL = 43,
    BPB_TYPE = 54,
    BOOT_CODE = 62,
    BOOT_SIGNATURE = 510,
    MEDIA_FIXED = 0xf8,

    /* An entry of a directory. */
    ENTRY_ATTRIBUTES = 11,
    ENTRY_CREATED = 16,
    ENTRY_ACCESSED = 18,
    ENTRY_WRITTEN = 24,
    ENTRY_CLUSTER = 26,
    ENTRY_SIZE = 28,
    READ_ONLY = 0x01,
    VOLUME_ID = 0x08,
    DIRECTORY = 0x10,
    DATE_1980_01_01 = 1 << 5 | 1,

    /* An entry of an allocation table, of 12 bits. */
    END_OF_CHAIN = 0xfff,
};
static_assert((CLUSTER_COUNT_MAX + FIRST_CLUSTER) * 3 / 2 + 1 <= 12 * SECTOR, "a table's size");
static_assert((1 + TABLES * 12 + 1 + 2) / 4 + 2 <= FAT_HEAD_BYTES_MAX / FAT_BLOCK_BYTES, "room");
static_assert((CLUSTER_COUNT_MAX + 7) * SECTORS_PER_CLUSTER <= UINT16_MAX, "BPB_SECTORS holds it");

static uint32_t clusters_of(uint64_t size)
{
    return (uint32_t)((size + FAT_BLOCK_BYTES - 1) / FAT_BLOCK_BYTES);
}

static void set_next(uint8_t *table, uint32_t cluster, uint32_t next)
{
    uint8_t *at = table + cluster * 3 / 2;
    uint16_t both = (uint16_t)(at[0] | at[1] << 8);
    store16(at, (uint16_t)(cluster % 2 == 0 ? (both & 0xf000) | next : (both & 0xf) | next << 4));
}

/* Chains a file's clusters, and returns the cluster after them. */
static uint32_t chain(uint8_t *table, uint32_t first, uint32_t count)
{
    for (uint32_t i = 1; i <= count; i++) {
        set_next(table, first + i - 1, i < count ? first + i : END_OF_CHAIN);
    }
    return first + count;
}

static uint8_t *put_entry(uint8_t *entry, const char *name, uint8_t attributes, uint32_t cluster,
                          uint32_t size)
{
    memcpy(entry, name, FAT_NAME_CHARACTERS);
    entry[ENTRY_ATTRIBUTES] = attributes;
    store16(entry + ENTRY_CREATED, DATE_1980_01_01);
    store16(entry + ENTRY_ACCESSED, DATE_1980_01_01);
    store16(entry + ENTRY_WRITTEN, DATE_1980_01_01);
    store16(entry + ENTRY_CLUSTER, (uint16_t)cluster);
    store32(entry + ENTRY_SIZE, size);
    return entry + ENTRY_BYTES;
}

static void put_boot_sector(uint8_t *sector, uint32_t reserved, uint32_t table_sectors,
                            uint32_t sector_count, uint32_t serial)
{
    memcpy(sector, (const uint8_t[]){0xeb, BOOT_CODE - 2, 0x90}, 3);
    memcpy(sector + BOOT_CODE, (const uint8_t[]){0xcd, 0x18}, 2); /* INT 18h: it boots no BIOS */
    memcpy(sector + BPB_OEM_NAME, FAT_OEM_NAME, 8);
    store16(sector + BPB_BYTES_PER_SECTOR, SECTOR);
    sector[BPB_SECTORS_PER_CLUSTER] = SECTORS_PER_CLUSTER;
    store16(sector + BPB_RESERVED_SECTORS, (uint16_t)reserved);
    sector[BPB_TABLES] = TABLES;
    store16(sector + BPB_ROOT_ENTRIES, ROOT_ENTRIES);
    store16(sector + BPB_SECTORS, (uint16_t)sector_count);
    sector[BPB_MEDIA] = MEDIA_FIXED;
    store16(sector + BPB_TABLE_SECTORS, (uint16_t)table_sectors);
    store16(sector + BPB_SECTORS_PER_TRACK, 63);
    store16(sector + BPB_HEADS, 255);
    sector[BPB_EXTENDED_SIGNATURE] = 0x29;
    store32(sector + BPB_SERIAL, serial);
    memcpy(sector + BPB_LABEL, "WHELK EFI  ", FAT_NAME_CHARACTERS);
    memcpy(sector + BPB_TYPE, "FAT12   ", 8);
    store16(sector + BOOT_SIGNATURE, 0xaa55);
}

/* Writes the root, the clusters of EFI and EFI/BOOT, and the chains of all clusters. */
static void put_directories(uint8_t *root, uint8_t *table, uint8_t *clusters,
                            const struct fat_file *files, size_t count)
{
    enum { EFI = FIRST_CLUSTER, BOOT, FILES };
    put_entry(put_entry(root, "WHELK EFI  ", VOLUME_ID, 0, 0), "EFI        ", DIRECTORY, EFI, 0);
    uint8_t *at = clusters;
    at = put_entry(at, ".          ", DIRECTORY, EFI, 0);
    at = put_entry(at, "..         ", DIRECTORY, 0, 0);
    put_entry(at, "BOOT       ", DIRECTORY, BOOT, 0);
    at = clusters + FAT_BLOCK_BYTES;
    at = put_entry(at, ".          ", DIRECTORY, BOOT, 0);
    at = put_entry(at, "..         ", DIRECTORY, EFI, 0);
    set_next(table, 0, 0xf00 | MEDIA_FIXED);
    set_next(table, 1, END_OF_CHAIN);
    set_next(table, EFI, END_OF_CHAIN);
    set_next(table, BOOT, END_OF_CHAIN);
    uint32_t cluster = FILES;
    for (size_t i = 0; i < count; i++) {
        at = put_entry(at, files[i].name, READ_ONLY, files[i].size > 0 ? cluster : 0,
                       (uint32_t)files[i].size);
        cluster = chain(table, cluster, clusters_of(files[i].size));
    }
}

size_t fat_write_head(uint8_t head[FAT_HEAD_BYTES_MAX], const struct fat_file *files, size_t count,
                      uint32_t serial, struct error *error)
{
    uint32_t clusters = 2; /* the directories */
    for (size_t i = 0; i < count; i++) {
        if (files[i].size > (uint64_t)CLUSTER_COUNT_MAX * FAT_BLOCK_BYTES ||
            clusters + clusters_of(files[i].size) > CLUSTER_COUNT_MAX) {
            return fail(error, "the files for UEFI have more than 8 MiB");
        }
        clusters += clusters_of(files[i].size);
    }
    uint32_t table_bytes = (clusters + FIRST_CLUSTER) * 3 / 2 + 1;
    uint32_t table_sectors = (table_bytes + SECTOR - 1) / SECTOR;
    /* Enough reserved sectors that the first cluster starts a block. */
    uint32_t front = clusters_of((uint64_t)(1 + TABLES * table_sectors + 1) * SECTOR);
    uint32_t reserved = front * SECTORS_PER_CLUSTER - 1 - TABLES * table_sectors;
    uint8_t *table = head + (size_t)reserved * SECTOR;
    uint8_t *root = head + (size_t)front * FAT_BLOCK_BYTES - SECTOR;
    size_t size = (size_t)(front + 2) * FAT_BLOCK_BYTES;
    memset(head, 0, size);
    put_boot_sector(head, reserved, table_sectors, (front + clusters) * SECTORS_PER_CLUSTER,
                    serial);
    put_directories(root, table, root + SECTOR, files, count);
    memcpy(table + (size_t)table_sectors * SECTOR, table, (size_t)table_sectors * SECTOR);
    return size;
}
