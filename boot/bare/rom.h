// SPDX-License-Identifier: BSD-2-Clause
// What QEMU tells its ROM of the machine.
#pragma once

struct pci_layout; /* pci.h */

/* Adds the machine's memory to bare_machine, and says what PCI has. Adds nothing if fw_cfg does not
   tell. */
void rom_describe_memory(struct pci_layout *layout);
