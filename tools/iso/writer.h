// SPDX-License-Identifier: BSD-2-Clause
// The request for an ISO 9660 file system (with Rock Ridge and El Torito), and the two writers,
// which make the same bytes of the same request.
#pragma once

#include <stdbool.h>
#include <time.h>
#include "loader/error.h"
#include "tools/check/check.h"
#include "tools/lib/options.h"
#include "tools/tree/tree.h"

enum {
    ISO_LOADED_BLOCKS = 4,     /* of 512 bytes: the firmware's part; boot.asm reads faster */
    ISO_CATALOG_WEIGHT = 1000, /* higher weights come first; most files have 0 */
    ISO_LAST_WEIGHT = -1000,   /* of the first file of `last`; each next one has one less */
    ISO_LAST_MAX = 8,
    ISO_LEFT_OUT = 3,
};
#define ISO_BLOCK_BYTES 2048u

struct iso_request {
    const char *file; /* to write; it does not exist yet */
    const struct tree *tree;
    const struct load_order *first;        /* files that come before all others, in this order */
    const char *record;                    /* a file that comes after the first of them; or NULL */
    size_t before_image;                   /* how many of all these come before the boot image */
    const char *boot_image, *boot_catalog; /* paths in the ISO; the catalog is hidden */
    const char *last[ISO_LAST_MAX];        /* files that come after all others, in this order */
    size_t last_count;
    const char *left_out[ISO_LEFT_OUT];   /* absolute paths of the disk, left out of the tree */
    const char *volume, *preparer;        /* names in the volume descriptor */
    const char *application;              /* "" for none */
    char date[sizeof "YYYYMMDDhhmmsscc"]; /* of the volume */
    time_t file_date;                     /* of all files */
    unsigned padding_blocks;
    bool verbose; /* whether to show what the writer says */
};

/* Writes the ISO with libisofs. Says how far it is (tools/lib/progress.h). */
bool iso_write_by_libisofs(const struct iso_request *request, struct error *error);

/* Writes the ISO with the program xorriso, which also gets the user's options for it, and the
   commands after `--`. */
bool iso_write_by_xorriso(const struct iso_request *request, const char *xorriso,
                          const struct command_line *line, struct error *error);

/* Returns the weight of the first file; each next one has one less. */
int iso_first_weight(const struct iso_request *request);

/* Returns one of the first files, counting the record and the boot image; NULL after the last. */
const char *iso_first_file(const struct iso_request *request, size_t index);
