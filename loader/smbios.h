// SPDX-License-Identifier: BSD-2-Clause
// Where the System Management BIOS tables are (SMBIOS 3.x, 5.2).
#pragma once

#include "loader/bytes.h"

struct smbios {
    uint8_t major, minor; /* version */
    struct bytes table;   /* the structures, at their address in memory; not read here */
};

/* Reads the entry points in a piece of memory whose address is a multiple of 16. The 64-bit one
   (SMBIOS 3.x) overrides the 32-bit one. The table has size 0 if there is none. */
struct smbios smbios_find(struct bytes memory);
