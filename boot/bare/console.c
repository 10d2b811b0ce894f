// SPDX-License-Identifier: BSD-2-Clause
// Serial port and Xen's console, in firmware.h's terms.
#include "boot/bare/xen_console.h"
#include "boot/pc/bda.h"
#include "stage2/firmware.h"

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
