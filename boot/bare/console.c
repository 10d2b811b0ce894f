// SPDX-License-Identifier: BSD-2-Clause
// Screen and serial port, in firmware.h's terms.
#include "boot/bare/xen_console.h"
#include "boot/pc/bda.h"
#include "stage2/firmware.h"

bool firmware_screen_present(void)
{
    return false;
}

void firmware_screen_write(char character)
{
    (void)character;
}

void firmware_screen_clear(void) {}

void firmware_screen_move(unsigned row, unsigned column)
{
    (void)row, (void)column;
}

void firmware_screen_inverse(int on)
{
    (void)on;
}

uint16_t firmware_serial_port(void)
{
    return bda_word(BDA_COM1);
}

bool firmware_terminal_present(void)
{
    return xen_console_is_present();
}

void firmware_terminal_write(char character)
{
    xen_console_write(character);
}

int firmware_terminal_read(void)
{
    return xen_console_read();
}
