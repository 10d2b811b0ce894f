// SPDX-License-Identifier: BSD-2-Clause
// A Xen guest with a device model that we have started in hvmloader's place: what hvmloader does
// for kernels.
#pragma once

/* Adds what is below 1 MiB, and what is no RAM, to bare_machine's memory map; sets up PCI; makes
   ACPI's, SMBIOS's and the MP tables, and PCI's of interrupt links. Call when the map has the RAM
   above 1 MiB, before the memory below is used. */
void xen_hvm_start(void);
