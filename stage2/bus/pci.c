// SPDX-License-Identifier: BSD-2-Clause
// See pci.h.
#include "stage2/bus/pci.h"

#include "stage2/bus/io.h"

enum {
    PCI_ADDRESS = 0xcf8,
    PCI_DATA = 0xcfc,
    LEAST_CAPABILITY = 0x40,
    CAPABILITY_MASK = 0xfc,
};
#define PCI_ENABLE 0x80000000u

uint32_t pci_read(uint32_t function, uint32_t offset)
{
    out32(PCI_ADDRESS, PCI_ENABLE | function << 8 | offset);
    return in32(PCI_DATA);
}

void pci_write(uint32_t function, uint32_t offset, uint32_t value)
{
    out32(PCI_ADDRESS, PCI_ENABLE | function << 8 | offset);
    out32(PCI_DATA, value);
}

uint32_t pci_write_and_read(uint32_t function, uint32_t offset, uint32_t value)
{
    pci_write(function, offset, value);
    return in32(PCI_DATA);
}

void pci_set_interrupt_line(uint32_t function, uint8_t line)
{
    out32(PCI_ADDRESS, PCI_ENABLE | function << 8 | PCI_INTERRUPT);
    out8(PCI_DATA, line);
}

/* Writes 16 bits only: the upper half is the status register, whose bits a written 1 clears. */
void pci_set_command(uint32_t function, uint16_t command)
{
    out32(PCI_ADDRESS, PCI_ENABLE | function << 8 | PCI_COMMAND);
    out16(PCI_DATA, command);
}

uint32_t pci_next_capability(uint32_t function, uint32_t after)
{
    uint32_t at = 0;
    if (after != 0) {
        at = pci_read(function, after) >> 8 & CAPABILITY_MASK;
    } else if ((pci_read(function, PCI_COMMAND) & PCI_STATUS_CAPABILITIES) != 0) {
        at = pci_read(function, PCI_CAPABILITIES) & CAPABILITY_MASK;
    }
    return at < LEAST_CAPABILITY ? 0 : at;
}
