// SPDX-License-Identifier: BSD-2-Clause
// The serial port: a 16550-compatible UART. Without settings from the config it is the firmware's
// first one, at 115200 baud, 8N1.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct serial_settings {
    uint16_t port;      /* I/O port */
    unsigned speed;     /* baud */
    unsigned data_bits; /* 5–8 */
    unsigned stop_bits; /* 1, 2 */
    char parity;        /* 'n', 'o', 'e' */
};

/* Uses this UART from now on. False: no UART answers at the port, and nothing changes. */
bool serial_set_up(const struct serial_settings *settings);

/* The same, with values of its registers: the divisor of the rate, and the line control. */
enum { SERIAL_8N1 = 0x03 };
bool serial_use(uint16_t base, unsigned divisor, uint8_t line);

/* Whether there is a UART to use. The first call sets up the firmware's one. No port is touched if
   the firmware reports none. */
bool serial_present(void);

/* Writes a character. Waits for room about a second at most, then loses characters. */
void serial_write(char character);

/* The next byte that arrived; -1: none. */
int serial_read(void);
