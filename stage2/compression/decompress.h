// SPDX-License-Identifier: BSD-2-Clause
// Decompresses files (gzip, xz, lz4, zstd) from memory to memory and verifies their checksums.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/bytes.h"
#include "loader/error.h"

enum { DECOMPRESS_WORKING_BYTES = 160 << 10 }; /* enough working memory for each format */

#define DECOMPRESS_SIZE_UNKNOWN UINT64_MAX

/* The decompressed size that a file states. It is a hint, which decompress() does not rely on. */
uint64_t decompress_size(struct bytes compressed);

/* The decompression of one file. The caller sets the fields up to error. */
struct decompression {
    struct bytes compressed; /* the whole file */
    uint8_t *destination;    /* must not overlap the file */
    size_t capacity;         /* bytes of room at destination */
    struct arena *working;   /* with DECOMPRESS_WORKING_BYTES of room, all free afterwards */
    struct error *error;
    const char *format; /* the format's name, for messages */
    size_t at;          /* bytes of the file that have been read */
    size_t length;      /* bytes that have been written; more than capacity: they did not fit */
};

/* Decompresses all members, streams or frames of a file. False with a reason: cut short, damaged
   (with the place), of an unknown kind, or larger than capacity; only in the last case length is
   more than capacity. */
bool decompress(struct decompression *decompression);

/* For the formats: each sets the error and returns false. */
bool decompress_fail_cut(struct decompression *decompression);
bool decompress_fail_damaged(struct decompression *decompression, const char *what);
bool decompress_fail_unknown(struct decompression *decompression, const char *what);
bool decompress_fail_no_room(struct decompression *decompression);

/* The number of unread bytes of the file. */
static inline size_t decompress_left(const struct decompression *decompression)
{
    return decompression->compressed.size - decompression->at;
}

/* The number of bytes that still fit at the destination. */
static inline size_t decompress_room(const struct decompression *decompression)
{
    return decompression->capacity - decompression->length;
}

/* The first unread byte of the file. */
static inline const uint8_t *decompress_at(const struct decompression *decompression)
{
    return decompression->compressed.data + decompression->at;
}
