// SPDX-License-Identifier: BSD-2-Clause
// The VGA without a video BIOS.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Set in graphics modes, in which no text is written. */
extern bool screen_is_graphic;

/* Sets the first count colours of the VGA's palette: red, green and blue, a byte with 6 bits each.
 */
enum { PALETTE_BYTES = 3 }; /* of a colour */
void screen_set_palette(const uint8_t *colours, unsigned count);
