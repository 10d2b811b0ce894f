// SPDX-License-Identifier: BSD-2-Clause
// What kernels look for after a PC's firmware.
#pragma once

#include <stdint.h>

/* Builds ACPI's, SMBIOS's and the MP tables of the machine that fw_cfg describes, and PCI's of
   interrupt links; sets up all processors, real mode's vectors and the BIOS data areas. PCI must be
   set up. What cannot be built is left out, with a line on the console if the machine describes it
   wrongly. */
void kernel_tables_install(void);

/* Keeps memory for the tables: at the end of the RAM below 4 GiB, which this is, above 1 MiB.
   Returns how many bytes: as many as fw_cfg says that they have; 0: there is no room. The tables
   are built later. */
uint32_t kernel_tables_reserve(uint32_t end_of_ram);
