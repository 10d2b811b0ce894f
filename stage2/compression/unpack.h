// SPDX-License-Identifier: BSD-2-Clause
// Packed files (gzip, xz, lz4, zstd), unpacked from memory to memory with their checksums checked.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/bytes.h"
#include "loader/error.h"

enum { UNPACK_WORKING_BYTES = 160 << 10 }; /* what any format wants to work with */

#define UNPACK_SIZE_UNKNOWN UINT64_MAX

/* How many bytes the file says that it unpacks to. That is a hint: unpack() finds out. */
uint64_t unpack_size(struct bytes packed);

/* One file on its way. */
struct unpacking {
    struct bytes packed;   /* the whole file */
    uint8_t *destination;  /* does not overlap it */
    size_t capacity;       /* bytes of room there */
    struct arena *working; /* with UNPACK_WORKING_BYTES, free again afterwards */
    struct error *error;
    const char *format; /* from here on for what unpacks */
    size_t at;          /* bytes of packed that are done */
    size_t length;      /* bytes of destination that are done; more than capacity: no room */
};

/* Unpacks a file (see packing.h): all its members, streams or frames. False with a reason: cut,
   damaged (and where), of an unknown kind, or more than capacity bytes; only in the last case
   length is more than capacity. */
bool unpack(struct unpacking *unpacking);

/* For what unpacks one format: the ways to fail. */
bool unpack_fail_cut(struct unpacking *unpacking);
bool unpack_fail_damaged(struct unpacking *unpacking, const char *what);
bool unpack_fail_unknown(struct unpacking *unpacking, const char *what);
bool unpack_fail_no_room(struct unpacking *unpacking);

/* How many bytes are left: of the file, of the room. */
static inline size_t unpack_left(const struct unpacking *unpacking)
{
    return unpacking->packed.size - unpacking->at;
}

static inline size_t unpack_room(const struct unpacking *unpacking)
{
    return unpacking->capacity - unpacking->length;
}

static inline const uint8_t *unpack_at(const struct unpacking *unpacking)
{
    return unpacking->packed.data + unpacking->at;
}
