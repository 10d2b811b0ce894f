// SPDX-License-Identifier: BSD-2-Clause
// ISO 9660 (ECMA-119) with Rock Ridge (IEEE P1282) or Joliet names: from a path to extents.
//
// Pure: the walk does not read the disc. It names the sector that it wants, the caller reads the
// sector and calls the next step (the first step gets no sector):
//
//     iso9660_start_mount(&walk, session, disc);   or iso9660_start_open()
//
//     while ((step = iso9660_step(&walk, sector, &error)) == ISO9660_READ)
//         sector = read(walk.wanted_lba);   ISO9660_SECTOR_SIZE bytes
//
// ISO 9660 has each number in both byte orders. What is acted on must be the same in both, or the
// walk fails: one of them is damaged. Linux has never compared them, because some programs of old
// wrote wrong big-endian ones; a volume whose descriptor has none right is read without comparing.
//
// A walk never wants the same sector twice in a row. It returns to a directory's sector after a
// continuation area, and an open often starts with the last sector of the walk before. A caller
// that keeps a few sectors therefore saves reads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/error.h"

enum {
    ISO9660_SECTOR_SIZE = 2048,
    ISO9660_NAME_CHARACTERS = 255, /* the longest name in a path */
    ISO9660_LINK_BYTES = 1024,     /* the longest target of a symbolic link */
    ISO9660_LINK_DEPTH = 8,        /* the most symbolic links that one open follows */
    ISO9660_DATE_BYTES = 7,        /* of a directory record (ECMA-119, 9.1.5) */
};

struct iso9660_extent {
    uint32_t lba;          /* in sectors of 2048 bytes from the start of the disc */
    uint32_t length_bytes; /* only the last extent of a file may end inside a sector */
};

struct iso9660_file {
    uint64_t size; /* bytes: the sum of the extents */
    bool is_directory;
    bool is_absent; /* after a failed open: the path names nothing, and nothing is damaged */
    uint8_t date[ISO9660_DATE_BYTES]; /* the last record's; a directory has none here */
    uint32_t extent_count;            /* 0 for an empty file */
    struct iso9660_extent *extents;   /* in the arena */
};

/* Whether the file's bytes stand on the disc one after the other. */
static inline bool iso9660_is_in_one_piece(const struct iso9660_file *file)
{
    for (uint32_t i = 1; i < file->extent_count; i++) {
        const struct iso9660_extent *before = &file->extents[i - 1];
        if (before[1].lba != before->lba + before->length_bytes / ISO9660_SECTOR_SIZE) {
            return false;
        }
    }
    return true;
}

enum iso9660_names { ISO9660_PLAIN, ISO9660_JOLIET, ISO9660_ROCK_RIDGE };

/* What a mount finds and an open needs. */
struct iso9660_volume {
    uint32_t end_lba; /* the number of sectors on the disc, as far as we know */
    uint32_t root_lba;
    uint32_t root_bytes;
    uint8_t names;         /* enum iso9660_names */
    uint8_t skip_bytes;    /* at the start of each system use area (SUSP 5.3, LEN_SKP) */
    bool is_little_endian; /* its big-endian numbers are wrong by habit, and are not compared */
    uint8_t reserved;
};

enum iso9660_step { ISO9660_READ, ISO9660_DONE, ISO9660_FAILED };

struct iso9660_walk {
    uint32_t wanted_lba;          /* after ISO9660_READ */
    struct iso9660_volume volume; /* after the mount's ISO9660_DONE */
    struct iso9660_file file;     /* after the open's ISO9660_DONE */

    /* For iso9660.c only. */
    struct arena *arena;
    const char *path;      /* a new one after a symbolic link */
    const char *component; /* the name in the path that is looked for */
    uint32_t component_length;
    uint8_t component_kind;
    uint8_t links_followed;

    uint8_t task;       /* what to do with the wanted sector */
    bool sector_wanted; /* false: no sector was asked for yet */
    bool has_primary;
    uint32_t session_lba, descriptor_lba;

    uint32_t directory_lba, directory_bytes; /* bytes 0: its "." record has the length */
    uint32_t scan_lba, scan_end_lba;         /* the directory's current sector, and its end */
    uint32_t scan_offset;                    /* the next record in that sector */
    uint32_t record_offset;                  /* the current record in that sector */

    uint8_t goal; /* why system use entries are read */
    bool more_extents, has_name, plain_match, is_link, is_relocated, link_continues;
    uint32_t matched;         /* bytes of the component that NM entries have matched so far */
    uint32_t other_directory; /* LBA from CL or PL, the directory's real place; 0: none */
    char *link_text;          /* the path after following a symbolic link */
    size_t link_start, link_length;

    uint32_t area_lba, area_offset, area_left;             /* unread system use entries */
    uint32_t next_area_lba, next_area_offset, next_length; /* their continuation area (CE) */
    uint8_t areas;                                         /* areas of this record so far */
    uint32_t entry_length;                                 /* bytes of entry so far */
    uint8_t entry[255];
    uint8_t record[34]; /* the fixed part of the current record */
};

/* Starts to look for a session's volume descriptors and for the kind of names. session_lba: the
   session's first sector, 0 on a disc of one session. disc_sectors: the disc's size in sectors of
   2048 bytes; 0: unknown, use the volume's size. The walk's result is walk->volume. */
void iso9660_start_mount(struct iso9660_walk *walk, uint32_t session_lba, uint32_t disc_sectors);

/* Starts to look for a file or directory by its path from the root. path must stay in memory until
   the end. The walk's result is walk->file, after a failure is_absent alone; reasons of
   failure do not repeat the path. */
void iso9660_start_open(struct iso9660_walk *walk, const struct iso9660_volume *volume,
                        const char *path, struct arena *arena);

/* Continues a walk with the wanted sector. After ISO9660_FAILED the error holds the reason. */
enum iso9660_step iso9660_step(struct iso9660_walk *walk, const uint8_t *sector,
                               struct error *error);
