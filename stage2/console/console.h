// SPDX-License-Identifier: BSD-2-Clause
// The console: the firmware's screen and the serial port at once. No hardware is touched before the
// first character is written or the first key is asked for. terminal.h adds what only menus and
// scripts need.
#pragma once

#include <stdbool.h>
#include "stage2/text/keys.h"

/* Writes ASCII to screen and serial port; '\n' starts a new line on both. */
void console_write(const char *text);

/* Writes formatted text, with loader/format.h's conversions; at most 512 bytes with the NUL. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether a key was pressed or a byte arrived at the serial port; takes it. */
bool console_key_pressed(void);
