// SPDX-License-Identifier: BSD-2-Clause
// The head of a FAT12 volume: all but the files' data, which follow it in the ISO as files of its
// own. So the firmware finds in a partition what everyone else finds in the ISO, and nothing is
// there twice. Its clusters are the ISO's blocks.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "loader/error.h"

enum {
    FAT_BLOCK_BYTES = 2048,
    FAT_HEAD_BYTES_MAX = 9 * FAT_BLOCK_BYTES,
    FAT_NAME_CHARACTERS = 11,
    FAT_FILES_MAX = FAT_BLOCK_BYTES / 32 - 2, /* a directory is one cluster */
};

#define FAT_OEM_NAME "WHELK   " /* at byte 3 of the head */

struct fat_file {
    const char *name; /* 8 and 3 characters, filled up with blanks, without the dot */
    uint64_t size;    /* bytes */
};

/* Writes the head of a volume that has these files in EFI/BOOT: in their order they follow behind
   it, each from the next block on. Returns its size in bytes, a multiple of FAT_BLOCK_BYTES; 0 with
   an error if the files are too large. */
size_t fat_write_head(uint8_t head[FAT_HEAD_BYTES_MAX], const struct fat_file *files, size_t count,
                      uint32_t serial, struct error *error);
