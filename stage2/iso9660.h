// SPDX-License-Identifier: BSD-2-Clause
// ISO 9660 (ECMA-119) with Rock Ridge (IEEE P1282) or Joliet names: from a path to extents.
//
// Pure: the walk never reads. It says which sector it wants to see, the caller reads it and
// goes on:
//
//     iso9660_start_mount(&walk, arena);              // or iso9660_start_open(&walk, path)
//     while ((step = iso9660_step(&walk, sector, &error)) == ISO9660_READ)
//         sector = read(walk.wanted_lba);             // 2048 bytes
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/error.h"

enum { ISO9660_SECTOR_SIZE = 2048 };

struct iso9660_extent {
    uint32_t lba;          /* in sectors of 2048 bytes from the start of the disc */
    uint32_t length_bytes; /* only the last extent of a file may end inside a sector */
};

struct iso9660_file {
    uint64_t size; /* bytes: the sum of the extents */
    bool is_directory;
    uint32_t extent_count;
    struct iso9660_extent *extents; /* in the arena */
};

enum iso9660_step { ISO9660_READ, ISO9660_DONE, ISO9660_FAILED };

/* Also in the header: struct iso9660_volume (kept from the mount: root directory, block count,
   kind of names) and struct iso9660_walk. */
