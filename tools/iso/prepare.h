// SPDX-License-Identifier: BSD-2-Clause
// Tells the loader, on the ISO itself, what a plain config boots: see stage2/prepared/prepared.h.
#pragma once

#include <stdbool.h>
#include "loader/error.h"

/* Writes the block to a finished ISO, of which nothing changes afterwards. Where the config is not
   plain (it asks, waits, computes, warns, or boots what is compressed), nothing is written, and the
   loader finds out by itself. */
bool prepare_write(const char *iso_path, struct error *error);
