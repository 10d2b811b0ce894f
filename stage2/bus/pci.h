// SPDX-License-Identifier: BSD-2-Clause
// PCI configuration space, by mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3, 6.1).
#pragma once

#include <stdint.h>

/* Offsets of registers, each with its bits. */
enum {
    PCI_IDENTITY = 0x00, /* device << 16 | vendor */
    PCI_COMMAND = 0x04,
    PCI_COMMAND_IO = 1,
    PCI_COMMAND_MEMORY = 2,
    PCI_COMMAND_BUS_MASTER = 4,
    PCI_HEADER = 0x0c,
    PCI_HEADER_MULTIFUNCTION = 0x800000,
    PCI_BAR4 = 0x20,
    PCI_BAR5 = 0x24,
    PCI_INTERRUPT = 0x3c,
    PCI_INTERRUPT_LINE = 0xff,
    PCI_BAR_IO = 1,
    PCI_BAR_IO_MASK = 0xfffc,
};
#define PCI_ABSENT 0xffffffffu /* PCI_IDENTITY where no function is */

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
