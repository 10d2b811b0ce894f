// SPDX-License-Identifier: BSD-2-Clause
// The APM interface for kernels (APM 1.2, 4.6.1 to 4.6.6).
#include "boot/bios/bios.h"
#include "stage2/firmware.h"

enum {
    INT_SYSTEM = 0x15,
    APM_INSTALLATION_CHECK = 0x5300,
    APM_CONNECT_PROTECTED_32 = 0x5303,
    APM_DISCONNECT = 0x5304,
};

/* For the device "APM BIOS". */
static bool apm(uint32_t function, struct bios_registers *registers)
{
    *registers = (struct bios_registers){.eax = function};
    bios_call(INT_SYSTEM, registers);
    return !bios_failed(registers);
}

bool firmware_apm(struct apm_table *table)
{
    struct bios_registers check, connection;
    if (!apm(APM_INSTALLATION_CHECK, &check)) {
        return false;
    }
    apm(APM_DISCONNECT, &connection); /* fails where nobody was connected */
    if (!apm(APM_CONNECT_PROTECTED_32, &connection)) {
        return false;
    }
    *table = (struct apm_table){
        .version = (uint16_t)check.eax,
        .cseg = (uint16_t)connection.eax,
        .offset = connection.ebx,
        .cseg_16 = (uint16_t)connection.ecx,
        .dseg = (uint16_t)connection.edx,
        .flags = (uint16_t)check.ecx,
        .cseg_len = (uint16_t)connection.esi,
        .cseg_16_len = (uint16_t)(connection.esi >> 16),
        .dseg_len = (uint16_t)connection.edi,
    };
    return true;
}
