// SPDX-License-Identifier: BSD-2-Clause
// Shared code of the fuzzers of compressed files.
#pragma once

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/compression/compression.h"
#include "stage2/compression/decompress.h"

enum { DECOMPRESS_CAPACITY = 1 << 16 };

/* Decompresses data if it is a file of this compression; returns false if it is not, or if that
   fails. Aborts if a failure has no reason. */
static inline bool decompress_any(enum compression compression, const uint8_t *data, size_t size,
                                  uint8_t *to, size_t *length)
{
    static uint8_t memory[DECOMPRESS_WORKING_BYTES];
    struct arena working = {.base = memory, .size = sizeof memory};
    struct error error = {""};
    struct decompression decompression = {.compressed = {data, size},
                                          .destination = to,
                                          .capacity = DECOMPRESS_CAPACITY,
                                          .working = &working,
                                          .error = &error};
    if (compression_of(decompression.compressed) != compression) {
        return false;
    }
    decompress_size(decompression.compressed);
    bool done = decompress(&decompression);
    if ((!done && error.message[0] == '\0') ||
        (done && decompression.length > DECOMPRESS_CAPACITY)) {
        abort();
    }
    *length = decompression.length;
    return done;
}
