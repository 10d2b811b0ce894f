// SPDX-License-Identifier: BSD-2-Clause
// The disc that we boot from: its sectors, its volume, and the memory that files are decompressed
// to.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/error.h"
#include "loader/memory_map.h"
#include "stage2/fs/iso9660.h"

/* Makes the disc readable. The map (normalised), which must stay, says where files may be
   decompressed to. */
bool disc_start(const struct memory_map *map, struct error *error);

/* Finds the memory for that, and for the windows of disc_sector(), unless it is found already: most
   boots come without it. */
bool disc_allocate_buffers(struct error *error);

/* Finds its volume, for disc_open(). */
bool disc_mount(struct error *error);

/* What disc_mount() has found. */
const struct iso9660_volume *disc_volume(void);

/* From a path to extents. */
bool disc_open(const char *path, struct iso9660_file *file, struct arena *arena,
               struct error *error);

/* count sectors of 2048 bytes straight to their place. */
bool disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *error);

/* length bytes from the sector at lba on, straight to their place. The last of them may be under
   way when this returns: disc_wait(), as does everything else that reads, waits for them. */
bool disc_start_read(uint32_t lba, uint32_t length, void *buffer, struct error *error);
bool disc_wait(struct error *error);

/* Leaves the controller as the firmware had it, until something is read again. */
void disc_close(void);

/* One sector, out of one of two windows of the disc that are kept; valid until the next call. NULL
   on failure. */
const uint8_t *disc_sector(uint32_t lba, struct error *error);

/* What is read to this memory next may lie where the windows are: then they shrink to a sector
   elsewhere. So they do before disc_allocate_buffers(). */
void disc_cache_evict(uint32_t address, uint64_t length);

/* Whether disc_sector() has it without reading. */
bool disc_cache_has(uint32_t lba);

/* Memory at the top of the RAM below 4 GiB, given out downwards. Allocate: NULL when there is not
   that much. Mark and reset: gives back all that came after the mark. */
uint8_t *disc_staging_allocate(size_t length);
size_t disc_staging_mark(void);
void disc_staging_reset(size_t mark);
size_t disc_staging_free(void);

/* What of it is in use. */
struct memory_range disc_staging_in_use(void);
