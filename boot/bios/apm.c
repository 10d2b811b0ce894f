// SPDX-License-Identifier: BSD-2-Clause
// APM: the interface for kernels (APM 1.2, 4.6).
#include "boot/bios/apm.h"

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

void apm_ask(struct bios_registers *check, struct bios_registers *connection)
{
    check->interrupt = INT_SYSTEM;
    check->eax = APM_INSTALLATION_CHECK;
    connection->interrupt = INT_SYSTEM;
    connection->eax = APM_CONNECT_PROTECTED_32;
}

bool apm_describe(const struct bios_registers *check, struct bios_registers *connection,
                  struct apm_table *table)
{
    if (bios_failed(check)) {
        return false;
    }
    if (bios_failed(connection)) {
        apm(APM_DISCONNECT, APM_BIOS, 0, connection); /* another interface may be connected */
        if (!apm(APM_CONNECT_PROTECTED_32, APM_BIOS, 0, connection)) {
            return false;
        }
    }
    *table = (struct apm_table){
        .version = (uint16_t)check->eax,
        .cseg = (uint16_t)connection->eax,
        .offset = connection->ebx,
        .cseg_16 = (uint16_t)connection->ecx,
        .dseg = (uint16_t)connection->edx,
        .flags = (uint16_t)check->ecx,
        .cseg_len = (uint16_t)connection->esi,
        .cseg_16_len = (uint16_t)(connection->esi >> 16),
        .dseg_len = (uint16_t)connection->edi,
    };
    return true;
}
