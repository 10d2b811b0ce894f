// SPDX-License-Identifier: BSD-2-Clause
// Adler-32 (RFC 1950, 8.2). Long runs of zeros, as in sparse modules, cost one step per 4 KiB.
#include "adler32.h"
#include <stdbool.h>

enum {
    MODULUS = 65521,
    BLOCK = 4096, /* below 5552: neither sum overflows 32 bits before the modulo */
};

static bool is_zero(const uint8_t *data, size_t length)
{
    bool zero;
    __asm__ volatile("repe scasl; sete %0"
                     : "=q"(zero), "+D"(data), "+c"(length)
                     : "a"(0)
                     : "cc", "memory");
    return zero;
}

uint32_t adler32(const uint8_t *data, size_t length)
{
    uint32_t a = 1, b = 0;
    while (length) {
        size_t block = length < BLOCK ? length : BLOCK;
        if (block == BLOCK && is_zero(data, BLOCK / 4)) {
            b = (b + BLOCK * a) % MODULUS;
        } else {
            for (size_t i = 0; i < block; i++)
                b += a += data[i];
            a %= MODULUS;
            b %= MODULUS;
        }
        data += block;
        length -= block;
    }
    return b << 16 | a;
}
