// SPDX-License-Identifier: BSD-2-Clause
// The console as menus and scripts use it: text in UTF-8, a cursor that moves, and all keys.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "stage2/console/console.h"

/* Writes a Unicode character; '\n' starts a new line, '\b' goes back one column. The BIOS screen
   shows '?' for characters that code page 437 lacks. */
void terminal_put(uint32_t character);

/* Writes a text in UTF-8. */
void terminal_write(const char *text);

/* Clears screen and serial terminal, cursor at the top left. */
void terminal_clear(void);

/* Moves the cursor; row and column from 0, on 80 columns and 25 rows. */
void terminal_move(unsigned row, unsigned column);

/* Switches inverse video on or off for text written from now on. */
void terminal_inverse(bool on);

/* The next key (text/keys.h) from the keyboard or the serial port; KEY_NONE: none. Waits only for
   the rest of a key that the serial port sends as a sequence of bytes. */
int terminal_key(void);

/* Waits for a key. */
int terminal_wait(void);
