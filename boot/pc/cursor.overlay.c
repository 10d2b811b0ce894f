// SPDX-License-Identifier: BSD-2-Clause
// Where the text cursor is, by the registers of the VGA (IBM VGA, CRT controller).
#include "stage2/bus/io.h"
#include "stage2/firmware.h"

enum {
    CRTC_INDEX = 0x3d4,
    CRTC_DATA = 0x3d5,
    CURSOR_HIGH = 0x0e,
    CURSOR_LOW = 0x0f,
    COLUMNS = 80,
    ROWS = 25,
};

static unsigned crtc_register(uint8_t index)
{
    out8(CRTC_INDEX, index);
    return in8(CRTC_DATA);
}

struct screen_cursor firmware_cursor(void)
{
    struct screen_cursor cursor = {0, 0};
    if (firmware_screen_present()) {
        unsigned cell = crtc_register(CURSOR_HIGH) << 8 | crtc_register(CURSOR_LOW);
        cell = cell < COLUMNS * ROWS ? cell : 0;
        cursor = (struct screen_cursor){cell / COLUMNS, cell % COLUMNS};
    }
    return cursor;
}
