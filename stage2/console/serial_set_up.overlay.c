// SPDX-License-Identifier: BSD-2-Clause
// See serial.h: for configs with settings of their own.
#include "stage2/console/serial.h"

enum {
    LINE_TWO_STOP_BITS = 0x04, /* line control register */
    LINE_PARITY = 0x08,
    LINE_PARITY_EVEN = 0x10,
    HIGHEST_SPEED = 115200,
    LEAST_DATA_BITS = 5,
};

bool serial_set_up(const struct serial_settings *settings)
{
    unsigned line = settings->data_bits - LEAST_DATA_BITS;
    unsigned divisor = settings->speed < HIGHEST_SPEED ? HIGHEST_SPEED / settings->speed : 1;
    line |= settings->stop_bits == 2 ? LINE_TWO_STOP_BITS : 0;
    line |= settings->parity != 'n' ? LINE_PARITY : 0;
    line |= settings->parity == 'e' ? LINE_PARITY_EVEN : 0;
    return serial_use(settings->port, divisor <= UINT16_MAX ? divisor : UINT16_MAX, (uint8_t)line);
}
