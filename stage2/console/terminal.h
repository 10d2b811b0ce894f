// SPDX-License-Identifier: BSD-2-Clause
// The console as menus and scripts use it: text in UTF-8, a cursor that moves, and all keys.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "stage2/console/console.h"

/* A character; '\n' starts a new line, '\b' goes back one column. The screen shows what code page
   437 has, and '?' for the rest. */
void terminal_put(uint32_t character);

/* A text in UTF-8. */
void terminal_write(const char *text);

/* Clears screen and serial terminal, cursor at the top left. */
void terminal_clear(void);

/* Moves the cursor; row and column from 0, on 80 columns and 25 rows. */
void terminal_move(unsigned row, unsigned column);

/* Inverse video for what is written next. */
void terminal_inverse(bool on);

/* The key that was pressed on the keyboard or arrived at the serial port, where it may be a
   sequence of bytes; KEY_NONE if none. Never waits but for the rest of such a sequence. */
int terminal_key(void);

/* Waits for a key. */
int terminal_wait(void);
