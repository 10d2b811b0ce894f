// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes xz with any bytes as a file. What compression/xz.overlay.c and liblzma both accept, they
// must decompress to the same data. Only liblzma checks the first byte of LZMA's range coder, which
// has no meaning.
#include <lzma.h>
#include "tests/fuzz/decompress_any.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t ours[DECOMPRESS_CAPACITY], theirs[DECOMPRESS_CAPACITY];
    uint64_t memory_limit = UINT64_MAX;
    size_t length = 0, in = 0, out = 0;
    if (!decompress_any(COMPRESSION_XZ, data, size, ours, &length)) {
        return 0;
    }
    lzma_ret result = lzma_stream_buffer_decode(&memory_limit, LZMA_CONCATENATED, NULL, data, &in,
                                                size, theirs, &out, sizeof theirs);
    if (result == LZMA_OK && (out != length || memcmp(ours, theirs, length) != 0)) {
        abort();
    }
    return 0;
}
