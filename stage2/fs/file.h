// SPDX-License-Identifier: BSD-2-Clause
// The files of the boot tree. There are two implementations, chosen when linking:
// stage2/disc/file.c reads the disc that we boot from, tools/tree/tree.c the directory that becomes
// the disc. Plans (plan.h) are therefore the same at build time and at boot time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/error.h"
#include "stage2/fs/iso9660.h"

struct far_file; /* stage2/volume/volume.overlay.c */

struct file {
    const char *path; /* as the config wrote it: "/boot/kernel" */
    uint64_t size;    /* bytes, after decompression */
    const uint8_t
        *contents; /* the decompressed file; NULL: not compressed, read it from the disc */
    struct iso9660_file on_disc;
    const struct far_file *far; /* on another volume (stage2/volume/volume.h); NULL: on_disc */
    bool must_be_uncompressed;  /* uncompressed when the ISO was made; boot.c checks that again */
    int descriptor;             /* for the host tools */
};

enum file_compression { FILE_DECOMPRESS, FILE_AS_IT_IS };

/* Opens a regular file by its absolute path. With FILE_DECOMPRESS a compressed file is
   decompressed. False with a reason (not found, a directory, damaged, …) that does not repeat the
   path. */
bool file_open(const char *path, enum file_compression compression, struct file *file,
               struct arena *arena, struct error *error);

/* Whether a file's first length bytes prove that it is not compressed. */
bool file_is_uncompressed(const uint8_t *start, size_t length);

/* Reads length bytes of the file from offset on; they must lie inside the file. */
bool file_read(const struct file *file, uint64_t offset, size_t length, void *buffer,
               struct error *error);

/* Starts to read length bytes of the file from offset on; disc_wait() waits for the last of them.
   Stage 2 only. */
bool file_start_read(const struct file *file, uint64_t offset, size_t length, void *buffer,
                     struct error *error);
