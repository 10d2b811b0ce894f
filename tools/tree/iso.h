// SPDX-License-Identifier: BSD-2-Clause
// Reads an existing ISO with the loader's own code for ISO 9660.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/bytes.h"
#include "loader/error.h"
#include "stage2/fs/iso9660.h"

/* A set of blocks of an ISO, sorted by number. */
struct iso_blocks {
    uint32_t lbas[256];
    size_t count;
    bool are_more; /* some were left out, as the set was full */
};

/* Adds a block, if it is not in the set yet. */
void iso_blocks_add(struct iso_blocks *blocks, uint32_t lba);

struct iso {
    struct bytes bytes; /* all of it */
    struct iso9660_volume volume;
    uint32_t first_lba;      /* where the bytes are in a larger ISO: this is the image of a disc */
    struct iso_blocks *seen; /* collects the blocks read to find the volume and files; or NULL */
};

/* True if an open file or device has a volume descriptor of ISO 9660 at its place. */
bool iso_is(int descriptor);

/* Fails, with both sizes, if an open ISO is shorter than its volume. */
bool iso_is_whole(int descriptor, const char *path, struct error *error);

/* Whether an ISO has a boot loader: El Torito's for CDs, or an MBR's for disks. */
bool iso_is_bootable(int descriptor);

#define BOOT_IMAGE_MARK "Whelk: boot error" /* in the first block of a boot image of Whelk's */

/* Whether Whelk boots an ISO: whether El Torito's default entry has a boot image of Whelk's. */
bool iso_is_whelks(int descriptor);

/* Maps an ISO and reads its volume descriptors. An ISO shorter than its volume is an error. Call
   iso_close() in any case. */
bool iso_open(struct iso *iso, const char *path, struct iso_blocks *seen, struct error *error);
void iso_close(struct iso *iso);

/* Whether a path is that of a file in an image of a disc: "(/live.iso)/boot/kernel". */
bool iso_path_is_in_image(const char *path);

/* Finds a file or directory by its path; "(/live.iso)/boot/kernel" is a file in an image of a disc.
   The error's message does not contain the path. */
bool iso_find(const struct iso *iso, const char *path, struct iso9660_file *file,
              struct arena *arena, struct error *error);

/* Gives a file's contents: in place if it has one extent, else a copy in the arena. */
bool iso_contents(const struct iso *iso, const struct iso9660_file *file, struct arena *arena,
                  struct bytes *contents, struct error *error);
