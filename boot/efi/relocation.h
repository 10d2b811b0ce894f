// SPDX-License-Identifier: BSD-2-Clause
// Relocations in the compressed form (System V ABI, generic, SHT_RELR): an even word is the address
// of one; an odd word says for each of the words that follow, from its second bit up, whether it is
// one.
#pragma once

#include <stdint.h>

/* Adds base, where the image, linked for 0, has been loaded, to all the words that want it. */
static inline void relocate(const uintptr_t *at, const uintptr_t *end, uintptr_t base)
{
    enum { WORDS = sizeof(uintptr_t) * 8 - 1 }; /* of one bitmap */
    uintptr_t *next = (uintptr_t *)base;
    for (; at < end; at++) {
        if ((*at & 1) == 0) {
            next = (uintptr_t *)(base + *at);
            *next++ += base;
            continue;
        }
        for (unsigned i = 0; i < WORDS; i++) {
            if ((*at >> (i + 1) & 1) != 0) {
                next[i] += base;
            }
        }
        next += WORDS;
    }
}
