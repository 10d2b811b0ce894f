// SPDX-License-Identifier: BSD-2-Clause
// What the drivers of this folder need of the code that started the loader on a PC (boot/bios).
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A drive at a PIIX (piix_ide.h). image_dma.asm writes one. */
struct piix_drive {
    uint16_t bus_master, ports; /* I/O ports of the channel; ports 0: no such drive */
    uint8_t device;             /* register value that selects the drive */
    uint8_t preloaded_sectors; /* read along with the loader: see struct preloaded, native_disc.h */
    uint16_t pci_command;      /* the firmware's, if the loader changed it; else 0 */
};

/* The drive that the loader was read from. NULL: the firmware read the loader. */
const struct piix_drive *pc_boot_drive(void);

/* What came along with the loader from that drive, and the end of its disc. */
struct preloaded;
struct preloaded pc_preloaded(void);

/* Halts until an interrupt comes, whichever it is; lets interrupts in without a halt if there is no
   timer whose interrupt would end it. line: 1 to 15, of the PC's interrupt controllers, or 0: none,
   also without a halt. True: this line's interrupt has come, and was taken. */
bool pc_wait_irq(unsigned line);
