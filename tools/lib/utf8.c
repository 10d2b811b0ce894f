// SPDX-License-Identifier: BSD-2-Clause
// See utf8.h.
#include "tools/lib/utf8.h"

#include <stdbool.h>
#include <stdint.h>

size_t utf8_bytes(const unsigned char *text)
{
    static const struct {
        uint8_t lead_low, lead_high, next_low, next_high, bytes;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (*text < forms[i].lead_low || *text > forms[i].lead_high) {
            continue;
        }
        size_t bytes = 1;
        for (; bytes < forms[i].bytes; bytes++) {
            bool is_second = bytes == 1;
            if (text[bytes] < (is_second ? forms[i].next_low : 0x80) ||
                text[bytes] > (is_second ? forms[i].next_high : 0xbf)) {
                return 0;
            }
        }
        return bytes;
    }
    return 0;
}
