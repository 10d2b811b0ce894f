// SPDX-License-Identifier: BSD-2-Clause
// The console: the screen that the firmware offers and the serial port, both at once. Nothing is
// touched before the first character is written or the first key is asked for.
// What only menus and scripts need of it is in terminal.h.
#pragma once

#include <stdbool.h>

/* Keys. A character key is its ASCII code, or a byte of UTF-8: '\r' Enter, 0x1b Escape. The others
   are known by their scan codes (IBM PC/AT, set 1). */
enum {
    KEY_NONE = 0,
    KEY_CTRL = 0x1f, /* the bits of a letter that remain */
    KEY_ESCAPE = 0x1b,
    KEY_RUBOUT = 0x7f, /* what terminals send for Backspace, '\b' */
    KEY_SCAN = 0x100,
    KEY_F2 = KEY_SCAN | 0x3c,
    KEY_F4 = KEY_SCAN | 0x3e,
    KEY_F10 = KEY_SCAN | 0x44,
    KEY_HOME = KEY_SCAN | 0x47,
    KEY_UP = KEY_SCAN | 0x48,
    KEY_PAGE_UP = KEY_SCAN | 0x49,
    KEY_LEFT = KEY_SCAN | 0x4b,
    KEY_RIGHT = KEY_SCAN | 0x4d,
    KEY_END = KEY_SCAN | 0x4f,
    KEY_DOWN = KEY_SCAN | 0x50,
    KEY_PAGE_DOWN = KEY_SCAN | 0x51,
    KEY_DELETE = KEY_SCAN | 0x53,
};

/* Writes ASCII to screen and serial port; '\n' starts a new line on both. */
void console_write(const char *text);

/* The conversions of loader/format.h; at most 512 bytes at a time. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether a key was pressed on the keyboard, or anything arrived at the serial port; takes it. */
bool console_key_pressed(void);
