// SPDX-License-Identifier: BSD-2-Clause
// The ROM's configuration table (IBM PS/2 BIOS, INT 15h C0h), which Multiboot 1 passes on.
#include "boot/bios/bios.h"
#include "stage2/firmware.h"

enum { INT_SYSTEM = 0x15, SYSTEM_GET_CONFIGURATION = 0xc000 };

uint32_t firmware_config_table(void)
{
    struct bios_registers registers = {.eax = SYSTEM_GET_CONFIGURATION};
    bios_call(INT_SYSTEM, &registers);
    return bios_failed(&registers) ? 0 : registers.es * 16u + (uint16_t)registers.ebx;
}
