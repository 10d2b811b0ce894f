// SPDX-License-Identifier: BSD-2-Clause
// Characters of Unicode in UTF-8 (RFC 3629). Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether a byte is not a character's first. */
static inline bool utf8_is_inside(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Takes the character at *text, before end, where there is one; '?' stands for bytes that are
   none. */
uint32_t utf8_take(const char **text, const char *end);

/* Writes a character; returns the number of bytes. */
unsigned utf8_put(uint32_t character, char text[static 4]);

/* The columns that a character takes on a terminal: 0 for one that goes on top of the one before,
   2 for those of East Asia. */
unsigned utf8_width(uint32_t character);
