// SPDX-License-Identifier: BSD-2-Clause
// See serial.h. Register names from the PC16550D data sheet.
#include "stage2/console/serial.h"

#include <stdint.h>
#include "stage2/firmware.h"
#include "stage2/bus/io.h"

enum {
    TRANSMITTER_HOLDING = 0,
    RECEIVER_BUFFER = 0,
    DIVISOR_LOW = 0,
    DIVISOR_HIGH = 1,
    INTERRUPT_ENABLE = 1,
    FIFO_CONTROL = 2,
    LINE_CONTROL = 3,
    MODEM_CONTROL = 4,
    LINE_STATUS = 5,
    SCRATCH = 7,

    LINE_DIVISOR_ACCESS = 0x80,
    FIFO_ENABLE_AND_CLEAR = 0x07,
    MODEM_DTR_RTS = 0x03,
    STATUS_DATA_READY = 0x01,
    STATUS_HOLDING_EMPTY = 0x20,
    DIVISOR_115200 = 1,

    PROBE_PATTERN = 0xa5,
    WRITE_TRIES = 1000000, /* about a second, far longer than a character takes */
};

static uint16_t port;
static bool probed;

static bool answers(uint16_t base)
{
    out8(base + SCRATCH, PROBE_PATTERN);
    if (in8(base + SCRATCH) != PROBE_PATTERN) {
        return false;
    }
    out8(base + SCRATCH, (uint8_t)~PROBE_PATTERN);
    return in8(base + SCRATCH) == (uint8_t)~PROBE_PATTERN;
}

static void set_up(uint16_t base, unsigned divisor, uint8_t line)
{
    out8(base + INTERRUPT_ENABLE, 0);
    out8(base + LINE_CONTROL, LINE_DIVISOR_ACCESS);
    out8(base + DIVISOR_LOW, (uint8_t)divisor);
    out8(base + DIVISOR_HIGH, (uint8_t)(divisor >> 8));
    out8(base + LINE_CONTROL, line);
    out8(base + FIFO_CONTROL, FIFO_ENABLE_AND_CLEAR);
    out8(base + MODEM_CONTROL, MODEM_DTR_RTS);
}

bool serial_use(uint16_t base, unsigned divisor, uint8_t line)
{
    if (!answers(base)) {
        return false;
    }
    set_up(base, divisor, line);
    port = base;
    probed = true;
    return true;
}

bool serial_present(void)
{
    if (!probed) {
        uint16_t base = firmware_serial_port();
        probed = base != 0; /* 0: the firmware may use the port for now, ask again later */
        if (base != 0) {
            serial_use(base, DIVISOR_115200, SERIAL_8N1);
        }
    }
    return port != 0 || firmware_terminal_present();
}

void serial_write(char character)
{
    static unsigned patience = WRITE_TRIES;
    unsigned tries = patience;
    if (port == 0) {
        firmware_terminal_write(character);
        return;
    }
    while ((in8(port + LINE_STATUS) & STATUS_HOLDING_EMPTY) == 0) {
        if (--tries == 0) {
            patience = 1; /* nobody reads: from now on lose characters instead of time */
            return;
        }
    }
    patience = WRITE_TRIES;
    out8(port + TRANSMITTER_HOLDING, (uint8_t)character);
}

int serial_read(void)
{
    if (port == 0) {
        return firmware_terminal_read();
    }
    return in8(port + LINE_STATUS) & STATUS_DATA_READY ? in8(port + RECEIVER_BUFFER) : -1;
}
