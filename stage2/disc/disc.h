// SPDX-License-Identifier: BSD-2-Clause
// The disc that we boot from: its ISO 9660 volume and the files in it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/error.h"
#include "loader/memory_map.h"
#include "stage2/fs/iso9660.h"

/* Makes the disc readable. The normalised map, which must stay, says where staging.h may start. */
bool disc_start(const struct memory_map *map, struct error *error);

/* Starts staging.h and gives the cache its memory, unless that is done: most boots do without. */
bool disc_allocate_buffers(struct error *error);

/* Finds its volume, for disc_open(). */
bool disc_mount(struct error *error);

/* What disc_mount() has found. */
const struct iso9660_volume *disc_volume(void);

/* From a path to extents. */
bool disc_open(const char *path, struct iso9660_file *file, struct arena *arena,
               struct error *error);

/* The sector at lba, 2048 bytes, by the cache; valid until the next call. NULL with a reason: it
   cannot be read. */
const uint8_t *disc_sector(uint32_t lba, struct error *error);
