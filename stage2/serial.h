// SPDX-License-Identifier: BSD-2-Clause
// The first serial port: a 16550-compatible UART at 115200 baud, 8N1.
#pragma once

#include <stdbool.h>

/* Whether a UART answers at the port that the firmware reports; sets it up the first time. Nothing
   is touched when the firmware reports no port. */
bool serial_present(void);

/* Waits for room, but not for ever: while the other side takes nothing, characters are lost. */
void serial_write(char character);

/* The next byte that arrived, -1 if none. */
int serial_read(void);
