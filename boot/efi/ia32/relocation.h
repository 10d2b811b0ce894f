// SPDX-License-Identifier: BSD-2-Clause
// A relocation as ld leaves it (System V ABI, Intel386 supplement, 4): the value stands in its
// place.
#pragma once

#include <stdint.h>

struct relocation {
    uint32_t r_offset;
    uint32_t r_info;
};

/* All are R_386_RELATIVE; base: where the image, linked for 0, has been loaded. */
static inline void relocate(const struct relocation *relocation, uintptr_t base)
{
    *(uint32_t *)(base + relocation->r_offset) += base;
}
