// SPDX-License-Identifier: BSD-2-Clause
// What a firmware adds to the SMBIOS structures that QEMU has in fw_cfg: the structure about
// itself, and the entry point's addresses and checksums (SMBIOS 3.x, 5.2, 6.1.2 and 7.1).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"

enum { SMBIOS_FIRMWARE_BYTES = 64 };

/* Structures one after the other. */
struct smbios_structures {
    uint32_t size;          /* bytes of all, to the end marker's end */
    uint32_t count;         /* with the end marker */
    uint32_t largest;       /* bytes of the largest, with its strings */
    bool has_firmware_type; /* type 0 */
};

/* Goes over the structures up to the end marker (type 127). False: they do not end within their
   bytes. */
bool smbios_measure(struct bytes table, struct smbios_structures *structures);

/* Writes the structure about the firmware (type 0) so that it ends at `end`, and counts it. There
   must be SMBIOS_FIRMWARE_BYTES before `end`. Returns its start. */
uint8_t *smbios_add_firmware(uint8_t *end, struct smbios_structures *structures);

/* Completes an entry point, 32-bit ("_SM_") or 64-bit ("_SM3_"), for structures at this address.
   False: it is neither, or cannot hold their size. */
bool smbios_complete_entry(uint8_t *entry, size_t size, const struct smbios_structures *structures,
                           uint32_t address);
