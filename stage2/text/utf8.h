// SPDX-License-Identifier: BSD-2-Clause
// Unicode characters in UTF-8 (RFC 3629). Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether a byte is one of a character's bytes after the first. */
static inline bool utf8_is_inside(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Takes the character at *text, which is below end. Invalid bytes read as '?'. */
uint32_t utf8_take(const char **text, const char *end);

/* Writes a character; returns the number of bytes. */
unsigned utf8_put(uint32_t character, char text[static 4]);

/* The columns that a character takes on a terminal: 0 for a combining one, 2 for East Asian
   ones. */
unsigned utf8_width(uint32_t character);
