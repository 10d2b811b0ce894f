// SPDX-License-Identifier: BSD-2-Clause
// The files of the boot tree. Two implementations, bound at link time: stage2/disc/file.c reads the
// disc that we boot from, tools/tree/tree.c the directory that becomes that disc. What is planned
// from them (plan.h) is therefore the same at build time and at boot time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/error.h"
#include "stage2/fs/iso9660.h"

struct file {
    const char *path;        /* as the config wrote it: "/boot/kernel" */
    uint64_t size;           /* bytes, after decompression */
    const uint8_t *contents; /* all of it when it has been decompressed, else NULL: on the disc */
    struct iso9660_file on_disc;
    bool must_be_uncompressed; /* was not compressed when the ISO was made: to be looked at again
                                  (boot.c) */
    int descriptor;            /* the host tools' */
};

enum file_compression { FILE_DECOMPRESS, FILE_AS_IT_IS };

/* Opens a regular file by its absolute path; with FILE_DECOMPRESS a compressed file is
   decompressed. False with a reason that does not repeat the path: not found, a directory, corrupt,
   … */
bool file_open(const char *path, enum file_compression compression, struct file *file,
               struct arena *arena, struct error *error);

/* Whether a file whose first two bytes these are, little-endian, may be compressed:
   compression_of(), an extra, looks at more of them. Stage 2 only. */
bool file_may_be_compressed(uint16_t start);

/* Whether a file with this start, all length bytes of it there, is surely none that is compressed.
 */
bool file_is_plain(const uint8_t *start, size_t length);

/* Reads [offset, offset + length), which lies inside the file, to buffer. */
bool file_read(const struct file *file, uint64_t offset, size_t length, void *buffer,
               struct error *error);

/* The same, but the last of it may be under way when this returns: disc_wait(). Stage 2 only. */
bool file_start_read(const struct file *file, uint64_t offset, size_t length, void *buffer,
                     struct error *error);

/* The same for bytes of one run of blocks. */
bool file_start_extent(const struct iso9660_extent *extent, uint32_t offset, uint32_t length,
                       uint8_t *buffer, struct error *error);
