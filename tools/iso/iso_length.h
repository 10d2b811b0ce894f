// SPDX-License-Identifier: BSD-2-Clause
// The length that the directories of an ISO which has just been written give a file.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"
#include "stage2/fs/iso9660.h"

/* Changes it to this many bytes in the directory records (ECMA-119, 9.1) of all volume descriptors,
   ISO 9660's and Joliet's. The file has one extent, and stands in the root or in a directory of the
   root. */
bool iso_set_length(int iso, const struct iso9660_extent *file, uint32_t bytes,
                    struct error *error);
