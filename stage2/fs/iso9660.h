// SPDX-License-Identifier: BSD-2-Clause
// ISO 9660 (ECMA-119) with Rock Ridge (IEEE P1282) or Joliet names: from a path to extents.
//
// Pure: the walk never reads. It says which sector it wants to see, the caller reads it and
// goes on (the first step has no sector yet):
//
//     iso9660_start_mount(&walk, session, disc);   or …start_open(&walk, &volume, path, arena);
//
//     while ((step = iso9660_step(&walk, sector, &error)) == ISO9660_READ)
//         sector = read(walk.wanted_lba);   ISO9660_SECTOR_SIZE bytes
//
// It never wants the same sector twice in a row. It does come back to a directory's sector after a
// continuation area, and an open starts with the sector that the mount or the open before may have
// seen last: a caller that keeps a few sectors saves reads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/error.h"

enum {
    ISO9660_SECTOR_SIZE = 2048,
    ISO9660_NAME_CHARACTERS = 255, /* the longest name in a path */
    ISO9660_LINK_BYTES = 1024,     /* the longest target of a symbolic link … */
    ISO9660_LINK_DEPTH = 8,        /* … and how many may be followed in one open */
};

struct iso9660_extent {
    uint32_t lba;          /* in sectors of 2048 bytes from the start of the disc */
    uint32_t length_bytes; /* only the last extent of a file may end inside a sector */
};

struct iso9660_file {
    uint64_t size; /* bytes: the sum of the extents */
    bool is_directory;
    uint32_t extent_count;          /* 0 for an empty file */
    struct iso9660_extent *extents; /* in the arena */
};

enum iso9660_names { ISO9660_PLAIN, ISO9660_JOLIET, ISO9660_ROCK_RIDGE };

/* What a mount finds and an open needs. */
struct iso9660_volume {
    uint32_t end_lba; /* behind the last sector of the disc, as far as we know */
    uint32_t root_lba;
    uint32_t root_bytes;
    uint8_t names;      /* enum iso9660_names */
    uint8_t skip_bytes; /* of each system use area (SUSP 5.3, LEN_SKP) */
    uint8_t reserved[2];
};

enum iso9660_step { ISO9660_READ, ISO9660_DONE, ISO9660_FAILED };

struct iso9660_walk {
    uint32_t wanted_lba;          /* after ISO9660_READ */
    struct iso9660_volume volume; /* after the mount's ISO9660_DONE */
    struct iso9660_file file;     /* after the open's ISO9660_DONE */

    /* The rest is iso9660.c's own. */
    struct arena *arena;
    const char *path;      /* a symbolic link makes a new one */
    const char *component; /* the name in the path that is looked for … */
    uint32_t component_length;
    uint8_t component_kind;
    uint8_t links_followed;

    uint8_t task;       /* what is done with the wanted sector */
    bool sector_wanted; /* false: the first step has yet to ask */
    bool has_primary;
    uint32_t session_lba, descriptor_lba;

    uint32_t directory_lba, directory_bytes; /* bytes 0: its own "." record tells */
    uint32_t scan_lba, scan_end_lba;         /* the directory's sector and its end */
    uint32_t scan_offset;                    /* in that sector: the next record … */
    uint32_t record_offset;                  /* … and the one that is being looked at */

    uint8_t goal; /* of reading the system use entries */
    bool more_extents, has_name, plain_match, is_link, is_relocated, link_continues;
    uint32_t matched;         /* bytes of the component that the name has had so far */
    uint32_t other_directory; /* CL or PL: where it really is */
    char *link_text;          /* the path that a symbolic link makes */
    size_t link_start, link_length;

    uint32_t area_lba, area_offset, area_left;             /* system use entries: what is left */
    uint32_t next_area_lba, next_area_offset, next_length; /* CE: where they go on */
    uint8_t areas;                                         /* of this record, so far */
    uint32_t entry_length;                                 /* of entry, so far */
    uint8_t entry[255];
    uint8_t record[34]; /* the fixed part of the one at record_offset */
};

/* Looks for the volume descriptors of the session that starts at session_lba (0 on a disc of one
   session) and for the kind of names. disc_sectors is the size of the disc in sectors of 2048
   bytes, 0 if not known: the volume says. Ends with walk->volume set. */
void iso9660_start_mount(struct iso9660_walk *walk, uint32_t session_lba, uint32_t disc_sectors);

/* Looks for a file or directory by its path from the root; path must stay until the end. Ends with
   walk->file set. Reasons of failure do not repeat the path. */
void iso9660_start_open(struct iso9660_walk *walk, const struct iso9660_volume *volume,
                        const char *path, struct arena *arena);

/* Goes on with the sector that was wanted. After ISO9660_FAILED the error holds the reason. */
enum iso9660_step iso9660_step(struct iso9660_walk *walk, const uint8_t *sector,
                               struct error *error);
