// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes gzip with any bytes as a file. zlib must decompress all that compression/gzip.overlay.c
// accepts, to the same data.
#include "loader/bytes.h"
#include "stage2/compression/gzip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { CAPACITY = 1 << 16 };

/* Decompresses all members by zlib, as gzip_decompress() does; returns the length, or SIZE_MAX for
   an error. */
static size_t decompress_with_zlib(const uint8_t *data, size_t size, uint8_t *to, size_t capacity)
{
    size_t length = 0;
    do {
        z_stream stream = {.next_in = (uint8_t *)(uintptr_t)data,
                           .avail_in = (uInt)size,
                           .next_out = to + length,
                           .avail_out = (uInt)(capacity - length)};
        if (inflateInit2(&stream, 31) != Z_OK) {
            abort();
        }
        int result = inflate(&stream, Z_FINISH);
        data += stream.total_in;
        size -= stream.total_in;
        length += stream.total_out;
        inflateEnd(&stream);
        if (result != Z_STREAM_END) {
            return SIZE_MAX;
        }
    } while (gzip_recognise((struct bytes){data, size}));
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t ours[CAPACITY];
    static uint8_t theirs[CAPACITY];
    struct error error = {""};
    size_t length;
    if (!gzip_decompress((struct bytes){data, size}, ours, CAPACITY, &length, &error)) {
        if (error.message[0] == 0) {
            abort();
        }
        return 0;
    }
    /* zlib needs room to see the end of a member that fills its output */
    if (length < CAPACITY && (decompress_with_zlib(data, size, theirs, CAPACITY) != length ||
                              memcmp(ours, theirs, length) != 0)) {
        abort();
    }
    return 0;
}
