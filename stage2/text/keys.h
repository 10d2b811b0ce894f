// SPDX-License-Identifier: BSD-2-Clause
// The codes of keys.
#pragma once

/* A character's key is its ASCII code or a byte of its UTF-8: '\r' is Enter. Other keys are
   KEY_SCAN and their scan code (IBM PC/AT, set 1). */
enum {
    KEY_NONE = 0,
    KEY_CTRL = 0x1f, /* 'x' & KEY_CTRL is Control-x */
    KEY_ESCAPE = 0x1b,
    KEY_RUBOUT = 0x7f, /* many terminals send it for Backspace, instead of '\b' */
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
