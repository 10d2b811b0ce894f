// SPDX-License-Identifier: BSD-2-Clause
// Recognises a file's compression by its first bytes.
#pragma once

#include "loader/bytes.h"

enum { COMPRESSION_MAGIC_BYTES = 6 }; /* the longest magic number */

enum compression {
    COMPRESSION_NONE,
    COMPRESSION_GZIP,
    COMPRESSION_XZ,
    COMPRESSION_LZ4,
    COMPRESSION_ZSTD,
    COMPRESSION_LZOP, /* recognised, but not decompressed */
    COMPRESSION_BZIP2,
    COMPRESSION_SKIPPABLE, /* a frame that lz4 and zstd skip; the bytes after it decide */
};

enum compression compression_of(struct bytes start);
