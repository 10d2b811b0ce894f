// SPDX-License-Identifier: BSD-2-Clause
// Reads the disc that we boot from straight to memory, by a driver of our own (native_disc.h) or by
// the firmware.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"

/* Reads count sectors of 2048 bytes from the one at lba on. */
bool disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *error);

/* Reads length bytes from the start of the sector at lba on. The last of them may be under way when
   this returns. disc_wait() waits for them, and so does everything else that reads. */
bool disc_start_read(uint32_t lba, uint32_t length, void *buffer, struct error *error);
bool disc_wait(struct error *error);

/* Whether something is under way; and whether the last disc_wait() failed, asked for or not. */
bool disc_is_reading(void);
bool disc_wait_has_failed(void);

/* Whether the firmware has never read: what it loaded along with this loader is still there. */
bool disc_preloaded_is_intact(void);

/* Leaves the controller as the firmware had it, until something is read again. */
void disc_close(void);
