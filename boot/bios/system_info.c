// SPDX-License-Identifier: BSD-2-Clause
// What the BIOS says of the machine, for kernels: VBE (vbe.c), APM (apm.c), and the ROM's
// configuration table (IBM PS/2 BIOS, INT 15h C0h).
#include <string.h>
#include "boot/bios/apm.h"
#include "boot/bios/vbe.h"
#include "stage2/firmware.h"

enum { INT_SYSTEM = 0x15, SYSTEM_GET_CONFIGURATION = 0xc000 };

/* Makes all calls in one visit to real mode: a visit takes about 50 us on an emulated processor. */
void firmware_query(struct boot_information *information, struct system_info *system_info)
{
    struct {
        struct bios_registers vbe, apm_check, apm_connection, configuration;
    } calls;
    memset(&calls, 0, sizeof calls);
    vbe_ask(&calls.vbe);
    apm_ask(&calls.apm_check, &calls.apm_connection);
    calls.configuration.interrupt = INT_SYSTEM;
    calls.configuration.eax = SYSTEM_GET_CONFIGURATION;
    bios_calls(&calls.vbe, sizeof calls / sizeof calls.vbe);
    information->boot_device = firmware_boot_device();
    information->video = &system_info->video;
    vbe_describe_text(&calls.vbe, &system_info->video);
    if (apm_describe(&calls.apm_check, &calls.apm_connection, &system_info->apm)) {
        information->apm = &system_info->apm;
    }
    if (!bios_failed(&calls.configuration)) {
        information->config_table =
            calls.configuration.es * 16u + (uint16_t)calls.configuration.ebx;
    }
}
