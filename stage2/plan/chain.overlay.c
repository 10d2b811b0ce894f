// SPDX-License-Identifier: BSD-2-Clause
// See plan/chain.h.
#include "stage2/plan/chain.h"

#include <string.h>

enum {
    SIGNATURE = 510, /* in a boot sector */
    PE_OFFSET = 0x3c,
    PE_MACHINE = 4,
    MACHINE_X64 = 0x8664,
    MACHINE_IA32 = 0x14c,
};

/* The machine in a PE header; 0: there is none. */
static unsigned pe_machine(struct bytes start)
{
    if (start.size < PE_OFFSET + 4 || memcmp(start.data, "MZ", 2) != 0) {
        return 0;
    }
    uint32_t at = load32(start.data + PE_OFFSET);
    return range_within(at, PE_MACHINE + 2, start.size) && memcmp(start.data + at, "PE\0\0", 4) == 0
               ? load16(start.data + at + PE_MACHINE)
               : 0;
}

static const char *name_machine(unsigned machine)
{
    return machine == MACHINE_X64 ? "x86-64" : machine == MACHINE_IA32 ? "32-bit x86" : "another";
}

static bool judge_sector(struct bytes start, bool is_forced, struct error *error)
{
    if (pe_machine(start) != 0) {
        return fail(error, "is an application of UEFI, which a BIOS cannot start");
    }
    if (start.size < CHAIN_SECTOR_BYTES) {
        return fail(error, "has %zu bytes, a boot sector has %d", start.size, CHAIN_SECTOR_BYTES);
    }
    return is_forced || load16(start.data + SIGNATURE) == 0xaa55 ||
           fail(error, "is no boot sector: bytes 510 and 511 are not 55 AA (chainloader --force "
                       "starts it nevertheless)");
}

bool chain_judge(struct bytes start, enum chain_machine machine, bool is_forced,
                 struct error *error)
{
    if (machine == CHAIN_BIOS) {
        return judge_sector(start, is_forced, error);
    }
    unsigned wanted = machine == CHAIN_UEFI_64 ? MACHINE_X64 : MACHINE_IA32;
    unsigned found = pe_machine(start);
    if (found == 0) {
        return fail(error, "is no application of UEFI: it has no PE header");
    }
    return found == wanted || fail(error, "is for %s processors, the firmware is for %s",
                                   name_machine(found), name_machine(wanted));
}
