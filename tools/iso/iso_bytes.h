// SPDX-License-Identifier: BSD-2-Clause
// Reads and changes a finished ISO in place. Offsets and lengths are in bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/error.h"

bool iso_read_bytes(int iso, uint64_t offset, void *buffer, size_t length, struct error *error);
bool iso_write_bytes(int iso, uint64_t offset, const void *data, size_t length,
                     struct error *error);
