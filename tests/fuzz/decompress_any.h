// SPDX-License-Identifier: BSD-2-Clause
// What the fuzzers of compressed files have in common.
#pragma once

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/compression/compression.h"
#include "stage2/compression/decompress.h"

enum { DECOMPRESS_CAPACITY = 1 << 16 };

/* Decompresses data that is a file compressed like this. A failure must have a reason. False when
   it is no such file, or fails. */
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
