// SPDX-License-Identifier: BSD-2-Clause
// APM: the interface for kernels (APM 1.2, 4.6).
#include "boot/bios/apm.h"
#include "stage2/firmware.h"

enum {
    INT_SYSTEM = 0x15,
    APM_INSTALLATION_CHECK = 0x5300,
    APM_CONNECT_PROTECTED_32 = 0x5303,
    APM_DISCONNECT = 0x5304,
};

bool apm(uint32_t function, uint32_t device, uint32_t argument, struct bios_registers *registers)
{
    *registers = (struct bios_registers){.eax = function, .ebx = device, .ecx = argument};
    bios_call(INT_SYSTEM, registers);
    return !bios_failed(registers);
}

bool firmware_apm(struct apm_table *table)
{
    struct bios_registers check, connection;
    if (!apm(APM_INSTALLATION_CHECK, APM_BIOS, 0, &check)) {
        return false;
    }
    if (!apm(APM_CONNECT_PROTECTED_32, APM_BIOS, 0, &connection)) {
        apm(APM_DISCONNECT, APM_BIOS, 0, &connection); /* somebody else may have been */
        if (!apm(APM_CONNECT_PROTECTED_32, APM_BIOS, 0, &connection)) {
            return false;
        }
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
