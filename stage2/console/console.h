// SPDX-License-Identifier: BSD-2-Clause
// The console: the screen that the firmware offers and the serial port, both at once. Nothing is
// touched before the first character is written or the first key is asked for.
// What only menus and scripts need of it is in terminal.h.
#pragma once

#include <stdbool.h>
#include "stage2/text/keys.h"

/* Writes ASCII to screen and serial port; '\n' starts a new line on both. */
void console_write(const char *text);

/* The conversions of loader/format.h; at most 512 bytes at a time. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether a key was pressed on the keyboard, or anything arrived at the serial port; takes it. */
bool console_key_pressed(void);
