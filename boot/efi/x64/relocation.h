// SPDX-License-Identifier: BSD-2-Clause
// A relocation as ld leaves it (System V ABI, AMD64 supplement, 4.4): the value stands beside it.
#pragma once

#include <stdint.h>

struct relocation {
    uint64_t r_offset;
    uint64_t r_info;
    uint64_t r_addend;
};

/* All are R_X86_64_RELATIVE; base: where the image, linked for 0, has been loaded. */
static inline void relocate(const struct relocation *relocation, uintptr_t base)
{
    *(uint64_t *)(base + relocation->r_offset) = base + relocation->r_addend;
}
