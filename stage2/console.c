// SPDX-License-Identifier: BSD-2-Clause
// See console.h.
#include "stage2/console.h"

#include <stdarg.h>
#include <stddef.h>
#include "loader/format.h"
#include "stage2/firmware.h"
#include "stage2/serial.h"

enum {
    LINE_BYTES = 512,
    ESCAPE = 0x1b,
    ESCAPE_WAIT_MILLISECONDS =
        110, /* two timer ticks: a sequence's next byte is there long before */
};

static void serial_text(const char *text)
{
    for (; *text != 0; text++) {
        if (*text == '\n') {
            serial_write('\r');
        }
        serial_write(*text);
    }
}

void console_write(const char *text)
{
    if (firmware_screen_present()) {
        for (const char *at = text; *at != 0; at++) {
            firmware_screen_write(*at);
        }
    }
    if (serial_present()) {
        serial_text(text);
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

static void serial_sequence(const char *sequence)
{
    if (serial_present()) {
        serial_text(sequence);
    }
}

void console_clear(void)
{
    if (firmware_screen_present()) {
        firmware_screen_clear();
    }
    serial_sequence("\x1b[2J\x1b[H"); /* ECMA-48: ED, CUP */
}

void console_move(unsigned row, unsigned column)
{
    char sequence[16];
    if (firmware_screen_present()) {
        firmware_screen_move(row, column);
    }
    format_text(sequence, sizeof sequence, "\x1b[%u;%uH", row + 1, column + 1);
    serial_sequence(sequence);
}

void console_inverse(int on)
{
    if (firmware_screen_present()) {
        firmware_screen_inverse(on);
    }
    serial_sequence(on ? "\x1b[7m" : "\x1b[0m"); /* ECMA-48: SGR */
}

static int serial_read_soon(void)
{
    uint64_t start = firmware_milliseconds();
    int byte;
    while ((byte = serial_read()) < 0 &&
           firmware_milliseconds() - start < ESCAPE_WAIT_MILLISECONDS) {
        firmware_rest();
    }
    return byte;
}

/* ECMA-48 and VT100 sequences: ESC [ A or ESC O A; ESC [ 1 ~ and its like for Home and End. */
static int serial_escape_sequence(void)
{
    static const struct {
        char final;
        int key;
    } keys[] = {{'A', KEY_UP},  {'B', KEY_DOWN}, {'C', KEY_RIGHT}, {'D', KEY_LEFT}, {'H', KEY_HOME},
                {'F', KEY_END}, {'1', KEY_HOME}, {'7', KEY_HOME},  {'4', KEY_END},  {'8', KEY_END}};
    int introducer = serial_read_soon();
    if (introducer != '[' && introducer != 'O') {
        return ESCAPE;
    }
    int final = serial_read_soon();
    for (int byte = final; byte >= ' ' && byte < '@';) { /* parameters, up to the final byte */
        byte = serial_read_soon();
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i].final == final) {
            return keys[i].key;
        }
    }
    return KEY_NONE;
}

int console_key(void)
{
    int key = firmware_key();
    if (key != KEY_NONE || !serial_present()) {
        return key;
    }
    int byte = serial_read();
    if (byte < 0) {
        return KEY_NONE;
    }
    if (byte == ESCAPE) {
        return serial_escape_sequence();
    }
    return byte == '\n' ? '\r' : byte;
}
