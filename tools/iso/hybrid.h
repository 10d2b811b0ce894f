// SPDX-License-Identifier: BSD-2-Clause
// Makes an El Torito ISO bootable by UEFI and as a disk as well: an entry in the boot catalog; MBR
// code, protective MBR and GPT in the system area, the GPT's backup in the padding at the end;
// identifiers that follow from the contents.
#pragma once

#include <stdbool.h>
#include "loader/bytes.h"
#include "loader/error.h"
#include "tools/iso/efi_boot.h"

/* What the padding at the end of the ISO must have room for. */
enum { HYBRID_BACKUP_BYTES = 33 * 512 };

/* The modification date of an ISO for which no one has chosen one, YYYYMMDDhhmmsscc. */
#define HYBRID_UNDATED "1980010100000000"

/* Changes the ISO in place. mbr is boot/bios/mbr.asm's code; efi's files are in the ISO. */
bool hybrid_write(const char *iso_path, struct bytes mbr, const struct efi_boot *efi,
                  struct error *error);
