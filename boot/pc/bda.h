// SPDX-License-Identifier: BSD-2-Clause
// The BIOS data area (IBM PC), which kernels and we read under a BIOS, and which boot/bare keeps.
#pragma once

#include <stdint.h>

enum {
    BDA_COM1 = 0x400,       /* word: I/O port */
    BDA_MEMORY_KIB = 0x413, /* word: conventional memory, below the firmware's own data; INT 12h */
    BDA_SHIFTS = 0x417,     /* byte: the modifier keys that are held */
    BDA_SHIFTS_SHIFT = 0x03,
    BDA_KEYS_HEAD = 0x41a, /* word: where the next key is in the buffer */
    BDA_KEYS_TAIL = 0x41c, /* word: where the last key ends; the head: no key */
    BDA_KEYS_MOST = 15,    /* in the buffer */
    BDA_TICKS = 0x46c,     /* dword: timer ticks since midnight, 18.2 a second */
    BDA_TICKS_A_DAY = 0x1800b0,
};

/* Memory at a fixed low address, hidden from gcc's array bounds checks. */
static inline const volatile void *bios_data(uintptr_t address)
{
    __asm__("" : "+r"(address));
    return (const volatile void *)address;
}

static inline uint16_t bda_word(uintptr_t address)
{
    return *(const volatile uint16_t *)bios_data(address);
}
