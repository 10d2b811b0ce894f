// SPDX-License-Identifier: BSD-2-Clause
// Compressed files (gzip, xz, lz4, zstd), decompressed from memory to memory with their checksums
// checked.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/bytes.h"
#include "loader/error.h"

enum { DECOMPRESS_WORKING_BYTES = 160 << 10 }; /* what any format wants to work with */

#define DECOMPRESS_SIZE_UNKNOWN UINT64_MAX

/* How many bytes the file says that it decompresses to. That is a hint: unpack() finds out. */
uint64_t decompress_size(struct bytes compressed);

/* One file on its way. */
struct decompression {
    struct bytes compressed; /* the whole file */
    uint8_t *destination;    /* does not overlap it */
    size_t capacity;         /* bytes of room there */
    struct arena *working;   /* with DECOMPRESS_WORKING_BYTES, free again afterwards */
    struct error *error;
    const char *format; /* from here on for what decompresses */
    size_t at;          /* bytes of compressed that are done */
    size_t length;      /* bytes of destination that are done; more than capacity: no room */
};

/* Decompresses a file (see compression.h): all its members, streams or frames. False with a reason:
   cut, damaged (and where), of an unknown kind, or more than capacity bytes; only in the last case
   length is more than capacity. */
bool unpack(struct decompression *decompression);

/* For what decompresses one format: the ways to fail. */
bool decompress_fail_cut(struct decompression *decompression);
bool decompress_fail_damaged(struct decompression *decompression, const char *what);
bool decompress_fail_unknown(struct decompression *decompression, const char *what);
bool decompress_fail_no_room(struct decompression *decompression);

/* How many bytes are left: of the file, of the room. */
static inline size_t decompress_left(const struct decompression *decompression)
{
    return decompression->compressed.size - decompression->at;
}

static inline size_t decompress_room(const struct decompression *decompression)
{
    return decompression->capacity - decompression->length;
}

static inline const uint8_t *decompress_at(const struct decompression *decompression)
{
    return decompression->compressed.data + decompression->at;
}
