// SPDX-License-Identifier: BSD-2-Clause
// The disc that we boot from: its ISO 9660 volume and the files in it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/error.h"
#include "loader/memory_map.h"
#include "stage2/fs/iso9660.h"

/* Makes the disc readable. map: normalised; it must stay in memory, as disc_allocate_buffers() uses
   it. arena: for working memory. False with a reason. */
bool disc_start(const struct memory_map *map, const struct arena *arena, struct error *error);

/* Starts staging.h and gives the cache its memory, if that is not done yet. Boots with a prepared
   plan do without. False with a reason: there is too little memory. */
bool disc_allocate_buffers(struct error *error);

/* Finds the disc's volume. Call before disc_open(). False with a reason. */
bool disc_mount(struct error *error);

/* The name of the volume that is the boot tree's instead of an ISO 9660 disc's; NULL: there is such
   a disc. stage2/volume/volume.h reads it, as it does paths with a device. */
const char *disc_root_volume(void);

/* The volume that disc_mount() has found. */
const struct iso9660_volume *disc_volume(void);

/* Finds a file or directory by its path. Its extents are in the arena. False with a reason. */
bool disc_open(const char *path, struct iso9660_file *file, struct arena *arena,
               struct error *error);

/* The sector at lba, 2048 bytes, in the cache; valid until the next call. NULL with a reason: it
   cannot be read. */
const uint8_t *disc_sector(uint32_t lba, struct error *error);
