// SPDX-License-Identifier: BSD-2-Clause
// The end of a boot that has failed.
#include "stage2/bus/io.h"
#include "stage2/console/console.h"
#include "stage2/firmware.h"

_Noreturn void firmware_boot_next(void)
{
    console_write("whelk: nothing else to boot; the machine stays halted\n");
    for (;;) {
        firmware_idle();
    }
}

_Noreturn void firmware_reboot(void)
{
    out8(0x64, 0xfe);
    out8(0xcf9, 0x06);
    for (;;) {
        firmware_idle();
    }
}
