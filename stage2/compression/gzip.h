// SPDX-License-Identifier: BSD-2-Clause
// Decompresses gzip files (RFC 1952) in memory. Mark Adler's puff inflates.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/error.h"

enum { GZIP_MAGIC_SIZE = 3 }; /* ID1, ID2, CM: RFC 1952, 2.3 */

/* Whether a file starts like a gzip file with deflated data. */
bool gzip_recognise(struct bytes start);

/* Decompresses all members of a gzip file into destination and checks each one's CRC32 and ISIZE.
   *length is the number of bytes written. Bytes after the last member are ignored, as by gzip(1).
   False with a reason: cut short, damaged, or larger than capacity; only in the last case *length
   is more than capacity. destination must not overlap compressed. */
bool gzip_decompress(struct bytes compressed, uint8_t *destination, size_t capacity, size_t *length,
                     struct error *error);
