// SPDX-License-Identifier: BSD-2-Clause
// Relocations in the compact form (System V ABI, generic, SHT_RELR). An even entry is the address
// of a word to relocate. An odd entry is a bitmap of the words that follow the last one; bit 0 only
// marks it as a bitmap.
#pragma once

#include <stdint.h>

/* Adds base to all words to relocate: the image was linked for 0 and loaded at base. */
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
