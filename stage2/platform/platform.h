// SPDX-License-Identifier: BSD-2-Clause
// The callbacks of a config's commands (config.h), on stage 2's console, disc and processor.
#pragma once

#include "stage2/config/config.h"

extern const struct config_platform stage2_platform;

/* Removes the modules whose files are not on the disc, and says so for each. True: there were
   some. */
bool platform_drop_missing(struct config_boot *boot);

/* The number-th entry (from 0) of `fallback`, to boot after one that failed; prints the reason of
   that failure. entry_count: there is none, or the user made the last choice in the menu. */
size_t platform_find_fallback(struct config *config, unsigned number, const char *reason);
