// SPDX-License-Identifier: BSD-2-Clause
// PCI configuration space, by mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3, 6.1, 6.7).
#pragma once

#include <stdint.h>

/* Offsets of registers, each with its bits. */
enum {
    PCI_IDENTITY = 0x00, /* device << 16 | vendor */
    PCI_COMMAND = 0x04,
    PCI_COMMAND_IO = 1,
    PCI_COMMAND_MEMORY = 2,
    PCI_COMMAND_BUS_MASTER = 4,
    PCI_STATUS_CAPABILITIES = 0x100000,
    PCI_HEADER = 0x0c,
    PCI_HEADER_MULTIFUNCTION = 0x800000,
    PCI_HEADER_TYPE = 0x7f0000,
    PCI_HEADER_BRIDGE = 0x010000,
    PCI_BAR0 = 0x10,
    PCI_BAR4 = 0x20,
    PCI_BAR5 = 0x24,
    PCI_BUSES = 0x18, /* of a bridge: primary bus, secondary << 8, last behind it << 16 */
    PCI_CAPABILITIES = 0x34,
    PCI_INTERRUPT = 0x3c,
    PCI_INTERRUPT_LINE = 0xff,
    PCI_BAR_IO = 1,
    PCI_BAR_IO_MASK = 0xfffc,
    PCI_BAR_64 = 4,

    PCI_FUNCTIONS_OF_DEVICE = 8,
};
#define PCI_BAR_MASK 0xfffffff0u /* of memory */
#define PCI_ABSENT   0xffffffffu /* PCI_IDENTITY where no function is */

/* Reads a register. function: bus * 256 + device * 8 + function number; offset: a multiple of 4. */
uint32_t pci_read(uint32_t function, uint32_t offset);

/* Writes a register. */
void pci_write(uint32_t function, uint32_t offset, uint32_t value);

/* Writes a register, and returns what it reads as then. */
uint32_t pci_write_and_read(uint32_t function, uint32_t offset, uint32_t value);

/* Writes the interrupt line register, which no hardware reads. */
void pci_set_interrupt_line(uint32_t function, uint8_t line);

/* Writes the command register. */
void pci_set_command(uint32_t function, uint16_t command);

/* A capability (6.7): its register's offset. Its low 8 bits are what it is. after: the one before
   it; 0: none. Returns 0 if there is no further one. The list may be endless if the device is bad:
   at most PCI_MOST_CAPABILITIES fit into the registers. */
enum {
    PCI_CAPABILITY_EXPRESS = 0x10,
    PCI_CAPABILITY_VENDOR = 0x09,
    PCI_MOST_CAPABILITIES = 48,
};
uint32_t pci_next_capability(uint32_t function, uint32_t after);
