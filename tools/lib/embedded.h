// SPDX-License-Identifier: BSD-2-Clause
// Whelk's boot files. They are part of the program, so it needs no other files when it runs.
#pragma once

#include "loader/bytes.h"

struct bytes embedded_boot_image(void); /* El Torito boot sector and stage 2 */
struct bytes embedded_mbr(void);        /* boot/bios/mbr.asm */
struct bytes embedded_efi_x64(void);    /* BOOTX64.EFI */
struct bytes embedded_efi_ia32(void);   /* BOOTIA32.EFI */
struct bytes embedded_rom(void);        /* whelk.rom: starts QEMU's machines without a firmware */
struct bytes embedded_pvh(void);        /* whelk.elf: started by PVH, or in hvmloader's place */
struct bytes embedded_hvm(void);        /* whelk-hvm.elf: there, with the ISO in memory */
