// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes zstd with any bytes as a file. libzstd must decompress all that compression/zstd.overlay.c
// accepts, to the same data.
#include <zstd.h>
#include <zstd_errors.h>
#include "tests/fuzz/decompress_any.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t ours[DECOMPRESS_CAPACITY], theirs[DECOMPRESS_CAPACITY];
    size_t length = 0;
    if (!decompress_any(COMPRESSION_ZSTD, data, size, ours, &length)) {
        return 0;
    }
    size_t result = ZSTD_decompress(theirs, sizeof theirs, data, size);
    if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge) {
        return 0; /* a limit for libzstd's memory; our code needs none */
    }
    if (ZSTD_isError(result) || length != result || memcmp(ours, theirs, length) != 0) {
        abort();
    }
    return 0;
}
