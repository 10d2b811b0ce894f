// SPDX-License-Identifier: BSD-2-Clause
// The IDE function of Intel's PIIX3 and PIIX4 (PCI 8086:7010, 8086:7111), which QEMU's `pc` and Xen
// give every guest, by bus-master DMA: CDs and disks, straight to memory, megabytes per command.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "stage2/firmware.h"

/* Looks behind this function (pci.h) for the drive from which this sector of 2048 bytes, which the
   firmware has read at lba, can be read as well. is_atapi: a CD drive, else a disk. False: there is
   none, and nothing has changed. */
bool piix_ide_open(uint32_t function, uint32_t lba, const uint8_t *sector, bool is_atapi);

/* Uses the CD drive that this loader itself was read from. */
void piix_ide_adopt(const struct piix_drive *proven);

/* Reads count sectors of 2048 bytes to memory below 4 GiB. False: nothing was opened, or the
   address is odd, or it failed: then the drive has been reset, and is not used any more. */
bool piix_ide_read(uint32_t lba, uint32_t count, void *buffer);
