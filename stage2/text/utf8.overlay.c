// SPDX-License-Identifier: BSD-2-Clause
// See utf8.h.
#include "stage2/text/utf8.h"

#include <stddef.h>

uint32_t utf8_take(const char **text, const char *end)
{
    uint32_t character = (unsigned char)*(*text)++;
    if (character < 0x80) {
        return character;
    }
    unsigned more = character >= 0xf0 ? 3 : character >= 0xe0 ? 2 : character >= 0xc2;
    character &= 0x3fU >> more;
    bool is_whole = more > 0;
    for (; more > 0 && *text < end && utf8_is_inside(**text); more--) {
        character = character << 6 | ((unsigned char)*(*text)++ & 0x3f);
    }
    return is_whole && more == 0 && character <= 0x10ffff ? character : '?';
}

unsigned utf8_width(uint32_t character)
{
    /* The first and the last character of the larger blocks of wide characters. */
    static const struct {
        uint16_t first, last;
    } wide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3},
                {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff01, 0xff60}};
    if ((character >= 0x300 && character < 0x370) || (character >= 0x200b && character <= 0x200f)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (character >= wide[i].first && character <= wide[i].last) {
            return 2;
        }
    }
    return character >= 0x1f000 ? 2 : 1; /* emoji, more ideographs */
}
