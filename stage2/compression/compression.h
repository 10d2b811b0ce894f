// SPDX-License-Identifier: BSD-2-Clause
// By what a file is compressed, from its first bytes.
#pragma once

#include "loader/bytes.h"

enum { COMPRESSION_MAGIC_BYTES = 6 }; /* enough to tell */

enum compression {
    COMPRESSION_NONE,
    COMPRESSION_GZIP,
    COMPRESSION_XZ,
    COMPRESSION_LZ4,
    COMPRESSION_ZSTD,
    COMPRESSION_LZOP, /* from here on only known by name */
    COMPRESSION_BZIP2,
    COMPRESSION_SKIPPABLE, /* a frame that lz4 and zstd skip: what is behind it tells */
};

enum compression compression_of(struct bytes start);
