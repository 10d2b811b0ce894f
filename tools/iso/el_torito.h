// SPDX-License-Identifier: BSD-2-Clause
// Reads and extends the boot catalog of a finished ISO.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"

enum { EL_TORITO_BLOCK = 2048 };

struct el_torito {
    uint32_t image_block; /* of the default entry, for BIOSes */
    uint32_t efi_block;   /* of the first entry for UEFI */
    uint32_t efi_sectors; /* its length in sectors of 512 bytes; 0: there is no such entry */

    uint64_t offset; /* of the catalog in the ISO, in bytes */
    uint32_t end;    /* offset in the catalog after its last entry */
    uint32_t last;   /* offset of its last section header; 0: there is none */
    uint8_t catalog[EL_TORITO_BLOCK];
};

/* Reads the catalog, which must have a bootable default entry. */
bool el_torito_read(struct el_torito *catalog, int iso, struct error *error);

/* Appends a section with one entry for UEFI, and writes the catalog. */
bool el_torito_add_efi(struct el_torito *catalog, int iso, uint32_t block, uint64_t sectors,
                       struct error *error);
