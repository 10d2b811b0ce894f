// SPDX-License-Identifier: BSD-2-Clause
// What the XZ Embedded decoder wants of its surroundings. The files beside this one are Lasse
// Collin's and Igor Pavlov's (0BSD), unchanged from lib/xz/ and include/linux/xz.h of Linux
// 6.12.107: of XZ Embedded what decodes LZMA2 and undoes the x86 filter, from memory to memory.
#pragma once

#include <stdbool.h>
#include <string.h>
#include "loader/bytes.h"
#include "xz.h"

#define XZ_DEC_SINGLE
#define XZ_DEC_X86

#define min(a, b)            ((a) < (b) ? (a) : (b))
#define min_t(type, a, b)    min((type)(a), (type)(b))
#define memeq(a, b, size)    (memcmp(a, b, size) == 0)
#define memzero(area, size)  memset(area, 0, size)
#define get_le32             load32
#define get_unaligned_le32   load32
#define kmalloc(size, flags) xz_allocate(size)
#define kfree(area)          ((void)(area))
#define vmalloc(size)        NULL
#define vfree(area)          ((void)(area))
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#define fallthrough __attribute__((__fallthrough__))

/* In stage2/compression/xz.overlay.c: from the working memory of the file that is being unpacked. */
void *xz_allocate(size_t size);

static inline void put_unaligned_le32(uint32_t value, uint8_t *at)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}
