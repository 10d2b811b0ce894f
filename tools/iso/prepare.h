// SPDX-License-Identifier: BSD-2-Clause
// Writes a block to the ISO that tells the loader what a plain config boots
// (stage2/prepared/prepared.h).
#pragma once

#include <stdbool.h>
#include "loader/error.h"
#include "tools/iso/digests.h"

/* Writes the block to a finished ISO, which must not change afterwards. Writes nothing if the
   config is not plain (it asks, waits, computes, warns, boots compressed files or wants SHA-256):
   then the loader evaluates it. */
bool prepare_write(const char *iso_path, const struct verification *verification,
                   struct error *error);
