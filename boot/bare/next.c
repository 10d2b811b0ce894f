// SPDX-License-Identifier: BSD-2-Clause
// What comes after us: nothing.
#include "stage2/console/console.h"
#include "stage2/firmware.h"

_Noreturn void firmware_boot_next(void)
{
    console_write("whelk: nothing else to boot; the machine stays halted\n");
    for (;;) {
        firmware_idle();
    }
}
