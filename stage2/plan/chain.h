// SPDX-License-Identifier: BSD-2-Clause
// Whether a file is what chainloader starts: a boot sector, or an application of UEFI (Microsoft's
// PE specification, 3; UEFI 2.10, 2.1.1). Pure, so the tools can judge it as well.
#pragma once

#include <stdbool.h>
#include "loader/bytes.h"
#include "loader/error.h"

enum {
    CHAIN_SECTOR_BYTES = 512,
    CHAIN_START_BYTES = 4096, /* of a file, enough to judge it */
};

enum chain_machine { CHAIN_BIOS, CHAIN_UEFI_64, CHAIN_UEFI_32 };

/* start: the first CHAIN_START_BYTES of a file, or all of it. is_forced: a boot sector needs no
   signature. False with a reason. */
bool chain_judge(struct bytes start, enum chain_machine machine, bool is_forced,
                 struct error *error);
