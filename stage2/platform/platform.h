// SPDX-License-Identifier: BSD-2-Clause
// What a config's commands ask of the machine, answered by stage 2's console, disc and processor.
#pragma once

#include "stage2/config/config.h"

extern const struct config_platform stage2_platform;

/* The next entry that `fallback` names once the default could not be booted, for a reason that is
   shown; entry_count: none, or somebody is there who chooses. */
size_t platform_find_fallback(struct config *config, unsigned number, const char *reason);
