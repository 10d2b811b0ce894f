// SPDX-License-Identifier: BSD-2-Clause
// See terminal.h. The serial terminal understands ECMA-48, like VT100, xterm and Linux's console.
#include "stage2/console/terminal.h"

#include <string.h>
#include "loader/format.h"
#include "stage2/firmware.h"
#include "stage2/console/serial.h"
#include "stage2/text/utf8.h"

/* ---- Output ---------------------------------------------------------------------------------- */

static void serial_text(const char *text, size_t length)
{
    if (serial_present()) {
        for (; length > 0; length--) {
            serial_write(*text++);
        }
    }
}

void terminal_put(uint32_t character)
{
    char text[4];
    if (firmware_screen_present()) {
        if (character < 0x80) {
            firmware_screen_write((char)character);
        } else {
            firmware_screen_put(character);
        }
    }
    if (character == '\n') {
        serial_text("\r", 1);
    }
    unsigned length = utf8_put(character, text);
    serial_text(text, length);
}

void terminal_write(const char *text)
{
    for (const char *end = text + strlen(text); text < end;) {
        terminal_put(utf8_take(&text, end));
    }
}

static void serial_sequence(const char *sequence)
{
    serial_text(sequence, strlen(sequence));
}

void terminal_clear(void)
{
    if (firmware_screen_present()) {
        firmware_screen_clear();
    }
    serial_sequence("\x1b[2J\x1b[H"); /* ED, CUP */
}

void terminal_move(unsigned row, unsigned column)
{
    char sequence[16];
    if (firmware_screen_present()) {
        firmware_screen_move(row, column);
    }
    format_text(sequence, sizeof sequence, "\x1b[%u;%uH", row + 1, column + 1);
    serial_sequence(sequence);
}

void terminal_inverse(bool on)
{
    if (firmware_screen_present()) {
        firmware_screen_inverse(on);
    }
    serial_sequence(on ? "\x1b[7m" : "\x1b[0m"); /* SGR */
}

/* ---- Keys ------------------------------------------------------------------------------------ */

enum { NO_BYTE = -1 };

/* A byte that followed an Escape key without being part of a sequence: the next key. */
static int byte_after_escape = NO_BYTE;

static int serial_read_soon(void)
{
    enum { SOON_MILLISECONDS = 110 }; /* two timer ticks; a sequence's next byte comes sooner */
    uint64_t start = firmware_milliseconds();
    int byte;
    while ((byte = serial_read()) < 0 && firmware_milliseconds() - start < SOON_MILLISECONDS) {
        firmware_idle();
    }
    return byte;
}

/* The key of a sequence, by its final byte or, if that is '~', by its number. */
static int key_of_sequence(int code)
{
    static const struct {
        uint8_t code;
        uint16_t key;
    } keys[] = {
        {'A', KEY_UP},  {'B', KEY_DOWN},  {'C', KEY_RIGHT},   {'D', KEY_LEFT}, {'H', KEY_HOME},
        {'F', KEY_END}, {'Q', KEY_F2},    {'S', KEY_F4},      {1, KEY_HOME},   {3, KEY_DELETE},
        {4, KEY_END},   {5, KEY_PAGE_UP}, {6, KEY_PAGE_DOWN}, {7, KEY_HOME},   {8, KEY_END},
        {12, KEY_F2},   {14, KEY_F4},     {21, KEY_F10},      {'M', '\r'},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i].code == code) {
            return keys[i].key;
        }
    }
    return KEY_NONE;
}

/* Reads the rest of a sequence after Escape: '[' (CSI), numbers with ';' between them, and a final
   byte; 'O' (SS3) and a byte; or "[[" and a letter, a function key of Linux's console. */
static int read_sequence(void)
{
    enum { LINUX_TO_XTERM = 'P' - 'A' };
    int introducer = serial_read_soon();
    if (introducer != '[' && introducer != 'O') {
        byte_after_escape = introducer;
        return KEY_ESCAPE;
    }
    int byte = serial_read_soon();
    if (introducer == '[' && byte == '[') {
        return key_of_sequence(serial_read_soon() + LINUX_TO_XTERM);
    }
    unsigned number = 0;
    bool is_first = true;
    for (; byte >= ' ' && byte < '@'; byte = serial_read_soon()) {
        is_first = is_first && byte >= '0' && byte <= '9';
        number = is_first ? (number * 10 + (unsigned)(byte - '0')) & 0xff : number;
    }
    return key_of_sequence(byte == '~' ? (int)number : byte);
}

int terminal_key(void)
{
    int key = firmware_key();
    if (key != KEY_NONE || !serial_present()) {
        return key;
    }
    key = byte_after_escape != NO_BYTE ? byte_after_escape : serial_read();
    byte_after_escape = NO_BYTE;
    if (key == KEY_ESCAPE) {
        return read_sequence();
    }
    return key < 0 ? KEY_NONE : key == '\n' ? '\r' : key;
}

int terminal_wait(void)
{
    int key;
    while ((key = terminal_key()) == KEY_NONE) {
        firmware_idle();
    }
    return key;
}
