// SPDX-License-Identifier: BSD-2-Clause
// gzip files (RFC 1952), decompressed in memory. The inflating itself is Mark Adler's puff.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/error.h"

enum { GZIP_MAGIC_SIZE = 3 }; /* ID1, ID2, CM: RFC 1952, 2.3 */

/* Whether the file starts as a gzip file with deflated data. */
bool gzip_recognise(struct bytes start);

/* Decompresses all members of a gzip file into destination; *length is set to what came out. Checks
   each member's CRC32 and ISIZE. Zero bytes behind the last member are padding, anything else there
   is ignored as gzip(1) does. False with a reason: cut, corrupt, or more than capacity bytes; only
   in the last case *length is more than capacity. destination may not overlap compressed. */
bool gzip_decompress(struct bytes compressed, uint8_t *destination, size_t capacity, size_t *length,
                     struct error *error);
