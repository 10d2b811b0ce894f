// SPDX-License-Identifier: BSD-2-Clause
// The IDE function of Intel's PIIX3 and PIIX4 (PCI 8086:7010, 8086:7111), which QEMU's `pc` and Xen
// give every guest, by bus-master DMA: CDs and disks, straight to memory, megabytes per command.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "stage2/disc/pc/pc.h"

/* Looks behind this function (pci.h) for the drive from which this sector of 2048 bytes, which the
   firmware has read at lba, can be read as well. is_atapi: a CD drive, else a disk. False: there is
   none, and nothing has changed. */
bool piix_ide_open(uint32_t function, uint32_t lba, const uint8_t *sector, bool is_atapi);

/* Uses the CD drive that this loader itself was read from. */
void piix_ide_attach_proven(const struct piix_drive *proven);

/* Reads length bytes from the sector at lba on to memory below 4 GiB. The last of it may be under
   way yet when this returns: piix_ide_wait() waits for that. False, both: nothing was opened, or
   the address is odd, or it failed; then the drive has been reset, and is not used any more. */
bool piix_ide_start(uint32_t lba, uint32_t length, void *buffer);
bool piix_ide_wait(void);

/* Leaves the PCI function as the firmware had it, until something is read again. */
void piix_ide_close(void);
