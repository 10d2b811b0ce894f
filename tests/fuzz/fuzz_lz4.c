// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes lz4 with any bytes as a file. What compression/lz4.overlay.c and liblz4 both accept, they
// must decompress to the same data. Either may refuse more: liblz4 refuses some ends of blocks that
// no compressor may write, but accepts an offset of 0.
#include <lz4frame.h>
#include "tests/fuzz/decompress_any.h"

/* Decompresses all frames by liblz4, which does not know the legacy format; returns the length, or
   SIZE_MAX for an error. */
static size_t decompress_with_liblz4(const uint8_t *data, size_t size, uint8_t *to)
{
    size_t length = 0, hint = 0;
    LZ4F_dctx *context;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) {
        abort();
    }
    while (size > 0) {
        size_t in = size, out = DECOMPRESS_CAPACITY - length;
        hint = LZ4F_decompress(context, to + length, &out, data, &in, NULL);
        if (LZ4F_isError(hint) || (in == 0 && out == 0)) {
            hint = SIZE_MAX;
            break;
        }
        data += in;
        size -= in;
        length += out;
    }
    LZ4F_freeDecompressionContext(context);
    return hint == 0 ? length : SIZE_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t ours[DECOMPRESS_CAPACITY], theirs[DECOMPRESS_CAPACITY];
    size_t length = 0;
    if (!decompress_any(COMPRESSION_LZ4, data, size, ours, &length)) {
        return 0;
    }
    size_t expected = decompress_with_liblz4(data, size, theirs);
    if (expected != SIZE_MAX && (length != expected || memcmp(ours, theirs, length) != 0)) {
        abort();
    }
    return 0;
}
