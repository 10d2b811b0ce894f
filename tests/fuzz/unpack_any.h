// SPDX-License-Identifier: BSD-2-Clause
// What the fuzzers of packed files have in common.
#pragma once

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/compression/packing.h"
#include "stage2/compression/unpack.h"

enum { UNPACK_CAPACITY = 1 << 16 };

/* Unpacks data that is a file packed like this. A failure must have a reason. False when it is no
   such file, or fails. */
static inline bool unpack_any(enum packing packing, const uint8_t *data, size_t size, uint8_t *to,
                              size_t *length)
{
    static uint8_t memory[UNPACK_WORKING_BYTES];
    struct arena working = {.base = memory, .size = sizeof memory};
    struct error error = {""};
    struct unpacking unpacking = {.packed = {data, size},
                                  .destination = to,
                                  .capacity = UNPACK_CAPACITY,
                                  .working = &working,
                                  .error = &error};
    if (packing_of(unpacking.packed) != packing) {
        return false;
    }
    unpack_size(unpacking.packed);
    bool done = unpack(&unpacking);
    if ((!done && error.message[0] == '\0') || (done && unpacking.length > UNPACK_CAPACITY)) {
        abort();
    }
    *length = unpacking.length;
    return done;
}
