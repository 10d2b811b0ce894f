// SPDX-License-Identifier: BSD-2-Clause
// See decompress.h.
#include "stage2/compression/decompress.h"

#include "stage2/compression/gzip.h"
#include "stage2/compression/lz4.h"
#include "stage2/compression/compression.h"
#include "stage2/compression/xz.h"
#include "stage2/compression/zstd.h"

enum { SKIPPABLE_HEAD_BYTES = 8 }; /* the magic number and the size of the rest */

static bool decompress_gzip(struct decompression *decompression)
{
    return gzip_decompress(decompression->compressed, decompression->destination,
                           decompression->capacity, &decompression->length, decompression->error);
}

/* The size that the last member states (RFC 1952, 2.3). */
static uint64_t gzip_size(struct bytes compressed)
{
    return compressed.size < 4 ? DECOMPRESS_SIZE_UNKNOWN
                               : load32(compressed.data + compressed.size - 4);
}

/* A file's compression, also if it begins with skippable frames, as pzstd's files do. Such a file
   is lz4's or zstd's; if it is neither, zstd_decompress() reports what is wrong. */
static enum compression whole_compression(struct bytes compressed)
{
    enum compression first = compression_of(compressed), compression = first;
    while (compression == COMPRESSION_SKIPPABLE && compressed.size >= SKIPPABLE_HEAD_BYTES &&
           load32(compressed.data + 4) <= compressed.size - SKIPPABLE_HEAD_BYTES) {
        size_t size = SKIPPABLE_HEAD_BYTES + load32(compressed.data + 4);
        compressed = (struct bytes){compressed.data + size, compressed.size - size};
        compression = compression_of(compressed);
    }
    return first != COMPRESSION_SKIPPABLE || compression == COMPRESSION_LZ4 ? compression
                                                                            : COMPRESSION_ZSTD;
}

uint64_t decompress_size(struct bytes compressed)
{
    switch (whole_compression(compressed)) {
    case COMPRESSION_GZIP:
        return gzip_size(compressed);
    case COMPRESSION_XZ:
        return xz_size(compressed);
    case COMPRESSION_LZ4:
        return lz4_size(compressed);
    case COMPRESSION_ZSTD:
        return zstd_size(compressed);
    default:
        return DECOMPRESS_SIZE_UNKNOWN;
    }
}

static bool decompress_as(struct decompression *decompression, enum compression compression)
{
    switch (compression) {
    case COMPRESSION_GZIP:
        return decompress_gzip(decompression);
    case COMPRESSION_XZ:
        return xz_decompress(decompression);
    case COMPRESSION_LZ4:
        return lz4_decompress(decompression);
    case COMPRESSION_ZSTD:
        return zstd_decompress(decompression);
    case COMPRESSION_NONE:
        return fail(decompression->error, "is not compressed");
    default:
        return fail(decompression->error,
                    "is compressed with %s, which Whelk does not decompress: use gzip, xz, lz4 or "
                    "zstd, or none",
                    decompression->format);
    }
}

bool decompress(struct decompression *decompression)
{
    static const char names[][6] = {
        [COMPRESSION_GZIP] = "gzip", [COMPRESSION_XZ] = "xz",     [COMPRESSION_LZ4] = "lz4",
        [COMPRESSION_ZSTD] = "zstd", [COMPRESSION_LZOP] = "lzop", [COMPRESSION_BZIP2] = "bzip2"};
    enum compression compression = whole_compression(decompression->compressed);
    size_t used = decompression->working->used;
    decompression->format = names[compression];
    decompression->at = 0;
    decompression->length = 0;
    bool done = decompress_as(decompression, compression);
    decompression->working->used = used;
    return done;
}

bool decompress_fail_cut(struct decompression *decompression)
{
    return fail(decompression->error, "%s data is cut short", decompression->format);
}

bool decompress_fail_damaged(struct decompression *decompression, const char *what)
{
    return fail(decompression->error, "%s data is damaged at byte %zu: %s", decompression->format,
                decompression->at, what);
}

bool decompress_fail_unknown(struct decompression *decompression, const char *what)
{
    return fail(decompression->error, "unknown kind of %s data: %s", decompression->format, what);
}

bool decompress_fail_no_room(struct decompression *decompression)
{
    decompression->length = decompression->capacity + 1;
    return fail(decompression->error, "decompresses to more than %zu bytes: it does not fit",
                decompression->capacity);
}
