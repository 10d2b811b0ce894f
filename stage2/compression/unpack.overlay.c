// SPDX-License-Identifier: BSD-2-Clause
// See unpack.h.
#include "stage2/compression/unpack.h"

#include "stage2/compression/gzip.h"
#include "stage2/compression/lz4.h"
#include "stage2/compression/packing.h"
#include "stage2/compression/xz.h"
#include "stage2/compression/zstd.h"

enum { SKIPPABLE_HEAD_BYTES = 8 }; /* magic number, size of the rest */

static bool unpack_gzip(struct unpacking *unpacking)
{
    return gzip_unpack(unpacking->packed, unpacking->destination, unpacking->capacity,
                       &unpacking->length, unpacking->error);
}

/* As the last member says (RFC 1952, 2.3). */
static uint64_t gzip_size(struct bytes packed)
{
    return packed.size < 4 ? UNPACK_SIZE_UNKNOWN : load32(packed.data + packed.size - 4);
}

/* What a file is packed with. Where it begins with frames to skip, as pzstd's do, it is lz4's or
   zstd's; zstd_unpack() tells what is wrong if it is neither. */
static enum packing whole_packing(struct bytes packed)
{
    enum packing first = packing_of(packed), packing = first;
    while (packing == PACKING_SKIPPABLE && packed.size >= SKIPPABLE_HEAD_BYTES &&
           load32(packed.data + 4) <= packed.size - SKIPPABLE_HEAD_BYTES) {
        size_t size = SKIPPABLE_HEAD_BYTES + load32(packed.data + 4);
        packed = (struct bytes){packed.data + size, packed.size - size};
        packing = packing_of(packed);
    }
    return first != PACKING_SKIPPABLE || packing == PACKING_LZ4 ? packing : PACKING_ZSTD;
}

uint64_t unpack_size(struct bytes packed)
{
    switch (whole_packing(packed)) {
    case PACKING_GZIP:
        return gzip_size(packed);
    case PACKING_XZ:
        return xz_size(packed);
    case PACKING_LZ4:
        return lz4_size(packed);
    case PACKING_ZSTD:
        return zstd_size(packed);
    default:
        return UNPACK_SIZE_UNKNOWN;
    }
}

static bool unpack_as(struct unpacking *unpacking, enum packing packing)
{
    switch (packing) {
    case PACKING_GZIP:
        return unpack_gzip(unpacking);
    case PACKING_XZ:
        return xz_unpack(unpacking);
    case PACKING_LZ4:
        return lz4_unpack(unpacking);
    case PACKING_ZSTD:
        return zstd_unpack(unpacking);
    case PACKING_NONE:
        return fail(unpacking->error, "is not packed");
    default:
        return fail(
            unpacking->error,
            "is packed with %s, which Whelk does not unpack: use gzip, xz, lz4 or zstd, or none",
            unpacking->format);
    }
}

bool unpack(struct unpacking *unpacking)
{
    static const char names[][6] = {
        [PACKING_GZIP] = "gzip", [PACKING_XZ] = "xz",     [PACKING_LZ4] = "lz4",
        [PACKING_ZSTD] = "zstd", [PACKING_LZOP] = "lzop", [PACKING_BZIP2] = "bzip2"};
    enum packing packing = whole_packing(unpacking->packed);
    size_t used = unpacking->working->used;
    unpacking->format = names[packing];
    unpacking->at = 0;
    unpacking->length = 0;
    bool done = unpack_as(unpacking, packing);
    unpacking->working->used = used;
    return done;
}

bool unpack_fail_cut(struct unpacking *unpacking)
{
    return fail(unpacking->error, "%s data is cut short", unpacking->format);
}

bool unpack_fail_damaged(struct unpacking *unpacking, const char *what)
{
    return fail(unpacking->error, "%s data is damaged at byte %zu: %s", unpacking->format,
                unpacking->at, what);
}

bool unpack_fail_unknown(struct unpacking *unpacking, const char *what)
{
    return fail(unpacking->error, "unknown kind of %s data: %s", unpacking->format, what);
}

bool unpack_fail_no_room(struct unpacking *unpacking)
{
    unpacking->length = unpacking->capacity + 1;
    return fail(unpacking->error, "unpacks to more than %zu bytes: it does not fit",
                unpacking->capacity);
}
