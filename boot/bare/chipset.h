// SPDX-License-Identifier: BSD-2-Clause
// The chipsets of QEMU's and Xen's PCs: Intel 440FX with PIIX3 and PIIX4 (`pc`), Q35 with ICH9
// (`q35`). What a firmware sets up in their functions besides PCI's own registers.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "boot/bare/pci.h"

enum chipset { CHIPSET_NONE, CHIPSET_440FX, CHIPSET_Q35 };

/* Notes which chipset this is, by its host bridge. Gives Q35 the addresses by which PCI Express's
   registers are in memory, and takes them out of the layout. */
void chipset_start(uint32_t host_bridge, struct pci_layout *layout);

/* The chipset that was found. */
enum chipset chipset_found(void);

/* The link (0 to 3) of interrupt pin A of a device on bus 0. Pin B has the next one, and so on. */
unsigned chipset_link(unsigned device);

/* Corrects the interrupt line of a function that does not use its link. */
void chipset_fix_line(struct pci_function *function);

/* Connects the links to the layout's interrupt lines, if this function is the ISA bridge, which
   does that. */
void chipset_route(const struct pci_function *function, const struct pci_layout *layout);

/* Sets up the other registers of a chipset's function; nothing for others. */
void chipset_set_up(const struct pci_function *function);
