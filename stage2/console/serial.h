// SPDX-License-Identifier: BSD-2-Clause
// The serial port: a 16550-compatible UART. The first one at 115200 baud, 8N1, unless the config
// says otherwise.
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

/* Uses this UART from now on. False: none answers there; the one before stays. */
bool serial_set_up(const struct serial_settings *settings);

/* Whether a UART answers at the port that the firmware reports; sets it up the first time. Nothing
   is touched when the firmware reports no port. */
bool serial_present(void);

/* Waits for room, but not for ever: while the other side takes nothing, characters are lost. */
void serial_write(char character);

/* The next byte that arrived, -1 if none. */
int serial_read(void);
