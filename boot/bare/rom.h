// SPDX-License-Identifier: BSD-2-Clause
// What QEMU tells its ROM of the machine.
#pragma once

/* Adds the machine's memory to bare_machine. Adds nothing if fw_cfg does not tell. */
void rom_describe_memory(void);

/* Sets up PCI (pci.h). Call after rom_describe_memory(). */
void rom_start_pci(void);
