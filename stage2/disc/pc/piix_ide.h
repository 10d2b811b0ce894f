// SPDX-License-Identifier: BSD-2-Clause
// The IDE function of Intel's PIIX3 and PIIX4 (PCI 8086:7010, 8086:7111), which QEMU's `pc` and Xen
// give every guest: CDs and disks, by bus-master DMA, megabytes per command.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "stage2/disc/pc/pc.h"

enum { PIIX3_IDE = 0x70108086, PIIX4_IDE = 0x71118086 }; /* PCI_IDENTITY (pci.h) */

/* Looks at this function (pci.h) for the drive that gives the same sector of 2048 bytes at lba as
   the firmware. is_atapi: a CD drive, else a disk. Takes the drive if there is one only, else
   changes nothing. Returns how many there are. */
unsigned piix_ide_open(uint32_t function, uint32_t lba, const uint8_t *sector, bool is_atapi);

/* Uses this drive of this function without a look at it. Its PCI function must be set up. */
void piix_ide_attach(uint32_t function, const struct piix_drive *at, bool is_atapi);

/* For an open drive only. piix_ide_start() reads length bytes, not 0, from the sector at lba on to
   an even address below 4 GiB. The last may still be under way when it returns; piix_ide_wait()
   waits for them. False, both: a command failed; the drive is reset and not open any more. */
bool piix_ide_start(uint32_t lba, uint32_t length, void *buffer);
bool piix_ide_wait(void);

/* Leaves the PCI function as the firmware had it, until something is read again. */
void piix_ide_close(void);
