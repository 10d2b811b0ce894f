// SPDX-License-Identifier: BSD-2-Clause
// The console: the screen that the firmware offers and the first serial port, both at once.
// Nothing is touched before the first character is written or the first key is asked for.
#pragma once

/* Keys that have no character. A character key is its ASCII code: '\r' Enter, 0x1b Escape. */
enum { KEY_NONE = 0, KEY_UP = 0x100, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END };

/* Writes text to screen and serial port; '\n' starts a new line on both. */
void console_write(const char *text);

/* The conversions of loader/format.h; at most 512 bytes at a time. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Clears screen and serial terminal, cursor at the top left. */
void console_clear(void);

/* Moves the cursor; row and column from 0, on 80 columns and 25 rows. */
void console_move(unsigned row, unsigned column);

/* Inverse video on (1) or off (0) for what is written next. */
void console_inverse(int on);

/* The key that was pressed on the keyboard or arrived at the serial port (escape sequences of the
   arrow keys are put together), KEY_NONE if none. Never waits. */
int console_key(void);
