// SPDX-License-Identifier: BSD-2-Clause
// The SATA function of Intel's ICH9 in AHCI mode (PCI 8086:2922), which QEMU's `q35` gives every
// guest: CDs and disks, by DMA, megabytes per command.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { ICH9_AHCI = 0x29228086 }; /* PCI_IDENTITY (pci.h) */

#define AHCI_RUNNING_PORTS 0xffffffffu /* all ports that the firmware keeps running */

/* Whether a drive is at any port that the firmware has started. Reads registers only. Arguments as
   below. */
bool ahci_has_drive(uint32_t function, bool is_atapi);

/* Looks for the drive that gives the same sector of 2048 bytes at lba as the firmware. function: as
   in pci.h. ports: a bit for each port that the firmware reads by, or, if these are not known,
   AHCI_RUNNING_PORTS. sector: NULL if there is no firmware: nothing is read to compare. is_atapi: a
   CD drive, else a disk. Takes the drive if there is one only. Returns how many there are; those
   that the firmware does not keep ready for commands are not counted. */
unsigned ahci_open(uint32_t function, uint32_t ports, uint32_t lba, const uint8_t *sector,
                   bool is_atapi);

/* Reads count sectors of 2048 bytes from the drive that ahci_open() took to memory below 4 GiB, at
   an even address. False: the port was not ready, or a command failed and the port has been made
   ready again. */
bool ahci_read(uint32_t lba, uint32_t count, void *buffer);

/* For machines without a firmware: a bit for each port of this function that has a drive. */
uint32_t ahci_ports(uint32_t function);

/* For machines without a firmware: makes a port of this function, 0 to 31, ready for ahci_open().
   memory: AHCI_PORT_BYTES at a multiple of 1024, for the port alone up to ahci_stop_port(). The
   function must have an address, decode memory and be a bus master. False: there is no such port,
   or no drive at it; nothing has changed. */
enum { AHCI_PORT_BYTES = 2048 };
bool ahci_start_port(uint32_t function, unsigned number, void *memory);

/* Stops a port that ahci_start_port() has started: nothing is written to its memory any more. */
void ahci_stop_port(uint32_t function, unsigned number);
