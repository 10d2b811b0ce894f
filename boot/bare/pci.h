// SPDX-License-Identifier: BSD-2-Clause
// PCI as a firmware leaves it: buses have numbers, functions have addresses and interrupts.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PCI_CLASS_IDE = 0x0101,
    PCI_CLASS_SATA = 0x0106,
    PCI_CLASS_VGA = 0x0300,
};

/* A function that has been found. */
struct pci_function {
    uint32_t identity; /* device << 16 | vendor */
    uint16_t function; /* bus * 256 + device * 8 + function number */
    uint16_t class;    /* class << 8 | sub-class */
    uint8_t interrupt; /* line; 0: it has no interrupt */
    uint8_t pin;       /* 1 to 4: A to D */
    bool is_bridge;    /* to another bus */
    uint8_t bus;       /* is_bridge: that bus */
};

/* Where functions may have addresses, and which interrupts they share. */
struct pci_layout {
    uint32_t memory_start, memory_end; /* below 4 GiB; taken from the end downwards */
    uint64_t high_start;               /* above 4 GiB, for what does not fit below */
    uint8_t lines[4];                  /* interrupt lines of the links A to D (E to H) */
};

/* Numbers the buses, and gives each function addresses and an interrupt. Discs, and bridges to
   them, get access to these. Does nothing if there is no PCI bus. */
void pci_start(const struct pci_layout *layout);

/* Gives all other functions access to their addresses. Each costs QEMU some 0.1 ms, which passes
   while a disc is read. */
void pci_finish(void);

/* The functions, in the order of their numbers on each bus. */
const struct pci_function *pci_functions(size_t *count);

/* Writes the way to a function as addresses of QEMU's paths (boot_order.h), such as "@i0cf8@1,1".
   What does not fit into size bytes, NUL included, is cut. */
void pci_path(uint16_t function, char *text, size_t size);

/* The first VGA. NULL: there is none. If a firmware has started us by PVH, and so has set up PCI,
   it is looked for on bus 0. */
const struct pci_function *pci_vga(void);
