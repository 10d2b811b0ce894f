// SPDX-License-Identifier: BSD-2-Clause
// Writes the head of a FAT12 volume: everything except the files' data, which follow as files of
// the ISO. So the firmware reads from a partition what all others read from the ISO, and no data
// are there twice. The volume's clusters are the ISO's blocks.
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
    const char *name; /* 8 + 3 characters, padded with blanks, without the dot */
    uint64_t size;    /* bytes */
};

/* Writes the head of a volume with these files in EFI/BOOT. Their data follow the head in the same
   order, each file from the next block on. Returns the head's size in bytes, a multiple of
   FAT_BLOCK_BYTES; 0 with an error: the files are too large. */
size_t fat_write_head(uint8_t head[FAT_HEAD_BYTES_MAX], const struct fat_file *files, size_t count,
                      uint32_t serial, struct error *error);
