// SPDX-License-Identifier: BSD-2-Clause
// What an ISO 9660 file system (with Rock Ridge and El Torito) is made of, and its two writers,
// which make the same bytes of the same request.
#pragma once

#include <stdbool.h>
#include <time.h>
#include "loader/error.h"
#include "tools/check/check.h"
#include "tools/lib/options.h"
#include "tools/tree/tree.h"

enum {
    ISO_LOADED_BLOCKS = 4,     /* of 512 bytes by the firmware: boot.asm reads the rest, faster */
    ISO_CATALOG_WEIGHT = 1000, /* files of higher weight stand in front; others have 0 */
    ISO_LAST_WEIGHT = -1000,   /* of the first of those that stand last; each one less */
    ISO_LAST_MAX = 8,
};
#define ISO_BLOCK_BYTES 2048u

struct iso_request {
    const char *file; /* to write; it does not exist yet */
    const struct tree *tree;
    const struct load_order *first;        /* these stand before all others, in this order … */
    size_t before_image;                   /* … and so many of them before the boot image */
    const char *boot_image, *boot_catalog; /* in the ISO: the catalog is in no listing */
    const char *last[ISO_LAST_MAX];        /* these stand behind all others, in this order */
    size_t last_count;
    const char *left_out[2];              /* on the disk, absolute: not even if in the tree */
    const char *volume, *preparer;        /* names in the volume descriptor */
    const char *application;              /* "" for none */
    char date[sizeof "YYYYMMDDhhmmsscc"]; /* of the volume */
    time_t file_date;                     /* of all files */
    unsigned padding_blocks;
    bool verbose; /* whether to show what the writer says */
};

/* Writes the ISO. A bar shows the progress on a terminal. */
bool iso_write(const struct iso_request *request, struct error *error);

/* The same by xorriso (a program's name), which gets the user's options for it and the commands
   behind `--` as well. */
bool iso_write_by_xorriso(const struct iso_request *request, const char *xorriso,
                          const struct command_line *line, struct error *error);

/* The weight of the first file; each that follows has one less. */
int iso_first_weight(const struct iso_request *request);

/* One of the first files, the boot image among them; NULL behind the last. */
const char *iso_first_file(const struct iso_request *request, size_t index);
