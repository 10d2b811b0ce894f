// SPDX-License-Identifier: BSD-2-Clause
// FAT12, FAT16 and FAT32 with long names (Microsoft's FAT specification of 2005), for reading: from
// a path to extents.
//
// Pure: as in iso9660.h, a walk does not read the disc. It names the sector that it wants, the
// caller reads the sector and calls the next step (the first step gets no sector):
//
//     fat_start_mount(&walk);   or fat_start_open(), …
//
//     while ((step = fat_step(&walk, sector, &error)) == FAT_READ)
//         sector = read(walk.wanted_sector);
//
// Sectors are the volume's own. Of the first one, whose size a mount has yet to find out,
// FAT_BOOT_BYTES are enough.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/error.h"
#include "stage2/fs/name.h"

enum {
    FAT_BOOT_BYTES = 512,
    FAT_MAX_SECTOR = 4096,
    FAT_LABEL_BYTES = 12, /* with the NUL */
    FAT_LONG_CHARACTERS = 20 * 13,
};

/* What a mount finds. */
struct fat_volume {
    uint32_t sector_bytes;
    uint32_t cluster_sectors;
    uint32_t fat_sector;                /* where the FAT that is in use begins */
    uint32_t root_sector, root_sectors; /* the root directory of FAT12 and FAT16 */
    uint32_t root_cluster;              /* FAT32's; else 0 */
    uint32_t data_sector;               /* of cluster 2 */
    uint32_t cluster_count;
    uint32_t serial;
    uint8_t entry_bits;   /* 12, 16 or 32 */
    uint8_t sector_shift; /* sector_bytes as a power of two */
};

struct fat_extent {
    uint32_t sector;
    uint32_t count; /* sectors; the file may end before the last of them */
};

struct fat_file {
    uint32_t size; /* bytes; 0 for a directory */
    uint32_t cluster;
    bool is_directory;
    bool is_absent; /* after a failed open: the path names nothing, and nothing is damaged */
    uint32_t extent_count;
    struct fat_extent *extents; /* in the arena; none of a directory */
};

enum fat_step { FAT_READ, FAT_DONE, FAT_FAILED };

struct fat_walk {
    uint32_t wanted_sector;      /* after FAT_READ */
    struct fat_volume volume;    /* after the mount's FAT_DONE */
    struct fat_file file;        /* after the open's; after a failure is_absent alone */
    struct listed_name *names;   /* after the list's: in the directory's order, in the arena */
    char label[FAT_LABEL_BYTES]; /* after the label's: that of the root directory, "": none */

    /* For fat.overlay.c only. */
    struct arena *arena;
    struct listed_name **link;
    const char *component; /* the name in the path that is looked for */
    size_t component_length;
    uint8_t task, goal;
    bool sector_wanted;
    bool is_chain; /* the FAT's entry is about the file, not about a directory */
    bool has_half; /* of an entry of FAT12 that crosses a sector's end */
    uint8_t half;
    uint32_t cluster;         /* whose entry in the FAT is wanted, or that is read; 0: the root */
    uint32_t sectors_left;    /* in the directory's cluster, the current one included */
    uint32_t sector, offset;  /* of the next entry */
    uint32_t directory_bytes; /* read so far */
    uint32_t clusters_left;   /* of the file, after the current one */
    uint8_t long_next;        /* the next part of the long name is this one; 0: it is complete */
    bool has_long;
    uint8_t long_sum;
    uint16_t long_name[FAT_LONG_CHARACTERS + 1];
    char name[FAT_LONG_CHARACTERS * 3 + 1]; /* the current entry's, in UTF-8 */
    size_t name_length;
};

/* Starts to read a volume's first sector. Its failure names exFAT, NTFS and sizes that FAT does not
   have. */
void fat_start_mount(struct fat_walk *walk);

/* Starts to look for a file or directory by its path from the root; upper and lower case are the
   same. path must stay in memory until the end. Reasons of failure do not repeat the path. */
void fat_start_open(struct fat_walk *walk, const struct fat_volume *volume, const char *path,
                    struct arena *arena);

/* Starts to list the names in a directory that an open has found. Names without a long one come in
   lower case, as from GRUB. */
void fat_start_list(struct fat_walk *walk, const struct fat_volume *volume,
                    const struct fat_file *directory, struct arena *arena);

/* Starts to look for the volume's label. */
void fat_start_label(struct fat_walk *walk, const struct fat_volume *volume);

/* Continues a walk with the wanted sector. After FAT_FAILED the error holds the reason. */
enum fat_step fat_step(struct fat_walk *walk, const uint8_t *sector, struct error *error);
