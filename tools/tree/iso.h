// SPDX-License-Identifier: BSD-2-Clause
// An ISO that exists already, read as the loader reads it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/bytes.h"
#include "loader/error.h"
#include "stage2/fs/iso9660.h"

/* Blocks of an ISO, each once, in the order of their numbers. */
struct iso_blocks {
    uint32_t lbas[256];
    size_t count;
    bool are_more; /* than there is room for */
};

void iso_blocks_add(struct iso_blocks *blocks, uint32_t lba);

struct iso {
    struct bytes bytes; /* all of it */
    struct iso9660_volume volume;
    struct iso_blocks *seen; /* gets those by which the volume and files are found; or NULL */
};

/* iso_close() in any case. */
bool iso_open(struct iso *iso, const char *path, struct iso_blocks *seen, struct error *error);
void iso_close(struct iso *iso);

/* Finds a file or directory. False with a reason that does not repeat the path. */
bool iso_find(const struct iso *iso, const char *path, struct iso9660_file *file,
              struct arena *arena, struct error *error);

/* What a file has in it: where it stands, or, if that is several places, a copy in the arena. */
bool iso_contents(const struct iso *iso, const struct iso9660_file *file, struct arena *arena,
                  struct bytes *contents, struct error *error);
