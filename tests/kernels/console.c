// SPDX-License-Identifier: BSD-2-Clause
// Printing on COM1 (a 16550 as in the PC16550D data sheet, 8.0) and on the VGA text screen.
#include "console.h"
#include "stage2/bus/io.h"

enum {
    COM1 = 0x3f8,
    UART_DATA = 0,
    UART_INTERRUPT_ENABLE = 1,
    UART_FIFO_CONTROL = 2,
    UART_LINE_CONTROL = 3,
    UART_LINE_STATUS = 5,
    LINE_STATUS_EMPTY = 0x20,
    LINE_CONTROL_8N1 = 0x03,
    LINE_CONTROL_DIVISOR = 0x80,

    NO_DEVICE = 0xff,
    DEBUG_PORT = 0xe9,
    DEBUG_EXIT_PORT = 0xf4,

    SCREEN_COLUMNS = 80,
    SCREEN_ROWS = 25,
    SCREEN_GREY = 0x0700,
};

static bool screen_on, has_uart;
static unsigned row, column;
static volatile uint16_t *const screen = (volatile uint16_t *)0xb8000;

void console_start(bool with_screen)
{
    has_uart = in8(COM1 + UART_LINE_STATUS) != NO_DEVICE;
    out8(COM1 + UART_INTERRUPT_ENABLE, 0);
    out8(COM1 + UART_LINE_CONTROL, LINE_CONTROL_DIVISOR);
    out8(COM1 + UART_DATA, 1); /* 115200 bits per second */
    out8(COM1 + UART_INTERRUPT_ENABLE, 0);
    out8(COM1 + UART_LINE_CONTROL, LINE_CONTROL_8N1);
    out8(COM1 + UART_FIFO_CONTROL, 0x07);
    screen_on = with_screen;
    for (unsigned i = 0; with_screen && i < SCREEN_COLUMNS * SCREEN_ROWS; i++)
        screen[i] = SCREEN_GREY | ' ';
}

/* Without a UART, as in Xen's PVH guests, the debug port has the output. */
static void serial_character(char character)
{
    if (!has_uart) {
        out8(DEBUG_PORT, (uint8_t)character);
        return;
    }
    while (!(in8(COM1 + UART_LINE_STATUS) & LINE_STATUS_EMPTY))
        ;
    out8(COM1 + UART_DATA, (uint8_t)character);
}

static void screen_character(char character)
{
    if (character != '\n' && column < SCREEN_COLUMNS && row < SCREEN_ROWS)
        screen[row * SCREEN_COLUMNS + column++] = (uint16_t)(SCREEN_GREY | (uint8_t)character);
    if (character == '\n') {
        row++;
        column = 0;
    }
}

static void character_out(char character)
{
    if (character == '\n')
        serial_character('\r');
    serial_character(character);
    if (screen_on)
        screen_character(character);
}

void console_text(const char *text)
{
    for (; *text; text++)
        character_out(*text);
}

static void hex_digits(uint64_t value, int digits)
{
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        character_out("0123456789abcdef"[value >> shift & 15]);
}

void console_hex(uint64_t value)
{
    int digits = 1;
    for (uint64_t rest = value >> 4; rest; rest >>= 4)
        digits++;
    console_text("0x");
    hex_digits(value, digits);
}

void console_decimal(uint32_t value)
{
    char digits[11];
    int at = 10;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    console_text(digits + at);
}

void console_escaped(const char *text)
{
    character_out('"');
    for (; *text; text++) {
        if (*text >= ' ' && *text <= '~' && *text != '"' && *text != '\\') {
            character_out(*text);
        } else {
            console_text("\\x");
            hex_digits((uint8_t)*text, 2);
        }
    }
    character_out('"');
}

_Noreturn void console_end(uint8_t code)
{
    out8(DEBUG_EXIT_PORT, code);
    for (;;)
        __asm__ volatile("cli; hlt");
}
