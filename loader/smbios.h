// SPDX-License-Identifier: BSD-2-Clause
// Where the System Management BIOS tables are (SMBIOS 3.x, 5.2).
#pragma once

#include "loader/bytes.h"

struct smbios {
    uint8_t major, minor; /* version */
    struct bytes table;   /* the structures; as in memory, which is not read here */
};

/* What the entry points in a piece of memory say that starts on a multiple of 16: the 64-bit one
   (SMBIOS 3.x) counts more than the 32-bit one. No bytes: nothing is found. */
struct smbios smbios_find(struct bytes memory);
