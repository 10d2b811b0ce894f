// SPDX-License-Identifier: BSD-2-Clause
// What kernels look for after a PC's firmware.
#pragma once

/* Builds ACPI's, SMBIOS's and the MP tables of the machine that fw_cfg describes, and PCI's of
   interrupt links; sets up all processors, real mode's vectors and the BIOS data areas. PCI must be
   set up. What cannot be built is left out, with a line on the console if the machine describes it
   wrongly. */
void kernel_tables_install(void);

/* Keeps memory for the tables: at the end of the RAM below 4 GiB, as many bytes as fw_cfg says that
   they have. Call before the memory map is read; the tables are built later. */
void kernel_tables_reserve(void);
