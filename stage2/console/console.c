// SPDX-License-Identifier: BSD-2-Clause
// See console.h.
#include "stage2/console/console.h"

#include <stdarg.h>
#include "loader/format.h"
#include "stage2/firmware.h"
#include "stage2/console/serial.h"

enum { LINE_BYTES = 512 };

void console_write(const char *text)
{
    if (firmware_screen_present()) {
        for (const char *at = text; *at != 0; at++) {
            firmware_screen_write(*at);
        }
    }
    if (serial_present()) {
        for (; *text != 0; text++) {
            if (*text == '\n') {
                serial_write('\r');
            }
            serial_write(*text);
        }
    }
}

void console_print(const char *format, ...)
{
    char text[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    format_text_list(text, sizeof text, format, arguments);
    va_end(arguments);
    console_write(text);
}

bool console_key_pressed(void)
{
    return firmware_key() != KEY_NONE || (serial_present() && serial_read() >= 0);
}
