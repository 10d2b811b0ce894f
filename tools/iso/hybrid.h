// SPDX-License-Identifier: BSD-2-Clause
// Makes an El Torito ISO boot by UEFI and as a disk too: an entry in the boot catalog; MBR code,
// protective MBR and GPT in the system area; the GPT's backup in the padding at the end. All
// identifiers are derived from the contents.
#pragma once

#include <stdbool.h>
#include "loader/bytes.h"
#include "loader/error.h"
#include "tools/iso/appended.h"
#include "tools/iso/efi_boot.h"

/* The padding at the end of the ISO must have room for the backup GPT. */
enum { HYBRID_BACKUP_BYTES = 33 * 512 };

/* The modification date, YYYYMMDDhhmmsscc, of an ISO for which the user has chosen none. */
#define HYBRID_UNDATED "1980010100000000"

/* Changes the ISO in place. mbr is the code of boot/bios/mbr.asm. The ISO has efi's files. The
   partitions are added at its end. */
bool hybrid_write(const char *iso_path, struct bytes mbr, const struct efi_boot *efi,
                  struct appended *appended, struct error *error);
