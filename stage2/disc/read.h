// SPDX-License-Identifier: BSD-2-Clause
// Reads the disc that we boot from straight to memory, by a driver of our own (native_disc.h) or by
// the firmware.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"

/* Reads count sectors of 2048 bytes from lba on. */
bool disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *error);

/* Reads length bytes from the start of the sector at lba on. The last of them may still be under
   way when this returns. disc_wait() waits for them, and so do all functions that read. */
bool disc_start_read(uint32_t lba, uint32_t length, void *buffer, struct error *error);
bool disc_wait(struct error *error);

/* The first sector of the read that is under way; 0: none is. */
uint32_t disc_reading_lba(void);

/* Whether the last disc_wait(), which may have been called by another read, failed. */
bool disc_wait_has_failed(void);

/* Notes that sectors were preloaded (native_disc.h). disc_preloaded_is_intact(): whether the
   firmware has not read since. */
void disc_note_preloaded(void);
bool disc_preloaded_is_intact(void);

/* Prepares the disc for reads by the firmware that are not disc_read()'s: waits for what is under
   way, and leaves the controller as disc_close() does. False with a reason. */
bool disc_yield(struct error *error);

/* Leaves the controller as the firmware had it, until something is read again. */
void disc_close(void);
