// SPDX-License-Identifier: BSD-2-Clause
// By what a file is packed, from its first bytes.
#pragma once

#include "loader/bytes.h"

enum { PACKING_MAGIC_BYTES = 6 }; /* enough to tell */

enum packing {
    PACKING_NONE,
    PACKING_GZIP,
    PACKING_XZ,
    PACKING_LZ4,
    PACKING_ZSTD,
    PACKING_LZOP, /* from here on only known by name */
    PACKING_BZIP2,
    PACKING_SKIPPABLE, /* a frame that lz4 and zstd skip: what is behind it tells */
};

enum packing packing_of(struct bytes start);
