// SPDX-License-Identifier: BSD-2-Clause
// Changes the length of a file in the directories of a finished ISO.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"
#include "stage2/fs/iso9660.h"

/* Sets the data length in the file's directory records (ECMA-119, 9.1), in ISO 9660's tree and in
   Joliet's. The file has one extent, and is in the root or in a directory of the root. */
bool iso_set_length(int iso, const struct iso9660_extent *file, uint32_t bytes,
                    struct error *error);
