// SPDX-License-Identifier: BSD-2-Clause
// The characters of the VGA text screen: code page 437's ASCII, accented letters, lines and blocks.
#pragma once

#include <stdint.h>

enum { FONT_ROWS = 16 };

/* Draws a character, 8 pixels in a row, the most significant bit to the left. One that the font
   lacks is blank. */
void font_draw(uint8_t code, uint8_t rows[FONT_ROWS]);
