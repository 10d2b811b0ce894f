// SPDX-License-Identifier: BSD-2-Clause
// Sectors of the disc that were read before: two windows of the disc in memory, and what came along
// with the loader.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"

/* Reading ahead ends before this LBA, the end of the disc. Before the first call one sector is read
   at a time. */
void disc_cache_set_end(uint32_t end_lba);

/* Adds count sectors from lba on, which are in memory already. */
void disc_cache_add(uint32_t lba, uint32_t count, uint8_t *sectors);

/* Takes memory for the windows from staging.h. False with a reason: there is too little. */
bool disc_cache_allocate(struct error *error);

/* Whether the windows have memory, or a sector in its place (disc_cache_evict()). */
bool disc_cache_is_allocated(void);

/* The sector at lba, 2048 bytes; valid until the next call. NULL with a reason: it cannot be
   read. Without windows only sectors that were added are there. */
const uint8_t *disc_cache_sector(uint32_t lba, struct error *error);

/* Whether disc_cache_sector() has the sector without reading. */
bool disc_cache_has(uint32_t lba);

/* Call before something is read to this memory. If the windows overlap it, or have no memory yet,
   one sector elsewhere takes their place. */
void disc_cache_evict(uint32_t address, uint64_t length);
