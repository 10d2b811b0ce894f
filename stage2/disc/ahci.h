// SPDX-License-Identifier: BSD-2-Clause
// The SATA function of Intel's ICH9 in AHCI mode (PCI 8086:2922), which QEMU's `q35` gives every
// guest: CDs and disks, straight to memory, megabytes per command.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Looks for the one drive from which this sector of 2048 bytes, which the firmware has read at lba,
   can be read as well. function: pci.h's. ports: one bit for each that the firmware is known to
   read by. is_atapi: a CD drive, else a disk. False: there is none, or two that look alike, or the
   firmware does not keep the drive ready for commands. Then nothing has changed. */
#define AHCI_RUNNING_PORTS 0xffffffffu /* it is not known: any that it keeps running */
bool ahci_open(uint32_t function, uint32_t ports, uint32_t lba, const uint8_t *sector,
               bool is_atapi);

/* Reads count sectors of 2048 bytes to memory below 4 GiB, at an even address, from the drive that
   was opened. False: it failed; the drive has been reset. */
bool ahci_read(uint32_t lba, uint32_t count, void *buffer);
