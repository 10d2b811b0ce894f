// SPDX-License-Identifier: BSD-2-Clause
// From the entry to stage 2.
#include "boot/bare/bare.h"
#include "boot/bare/disc.h"
#include "boot/bare/interrupts.h"
#include "boot/bare/kernel_tables.h"
#include "boot/bare/keyboard.h"
#include "boot/bare/pci.h"
#include "boot/bare/pvh.h"
#include "boot/bare/rom.h"
#include "boot/bare/rom_segment.h"
#include "boot/pc/bda.h"
#include "stage2/console/console.h"
#include "stage2/firmware.h"
#include "stage2/timing/timeline.h"

/* time_stamp: of the entry; start_info: 0, started as a ROM, or hvm_start_info. entry.asm */
__attribute__((regparm(0))) _Noreturn void bare_main(uint64_t time_stamp, uint32_t start_info,
                                                     uint32_t overlay, uint32_t overlay_bytes);

static void bda_set_word(uintptr_t address, uint16_t value)
{
    *(volatile uint16_t *)(uintptr_t)bios_data(address) = value;
}

/* Starts the BIOS data area. Where a firmware that has started us by PVH may have filled it in,
   sets only what the loader itself looks up there. */
static void start_bda(void)
{
    if (bare_machine.platform == BARE_QEMU) {
        rom_segment_start_data();
        return;
    }
    bda_set_word(BDA_COM1, COM1);
    bda_set_word(BDA_MEMORY_KIB, CONVENTIONAL_KIB);
}

void bare_finish(void)
{
    static bool is_done;
    if (is_done) {
        return;
    }
    is_done = true;
    pci_finish();
    if (bare_machine.platform == BARE_QEMU) {
        kernel_tables_install();
    }
}

_Noreturn void bare_start(void)
{
    start_bda();
    interrupts_start();
    keyboard_start();
    struct error error;
    if (!disc_find(&error)) {
        console_print("whelk: %s\n", error.message);
        firmware_boot_next();
    }
    stage2_main();
}

__attribute__((regparm(0))) _Noreturn void bare_main(uint64_t time_stamp, uint32_t start_info,
                                                     uint32_t overlay, uint32_t overlay_bytes)
{
    timeline.stamps[TIMELINE_HANDOFF] = time_stamp;
    bare_machine.overlay = (struct bytes){(const uint8_t *)(uintptr_t)overlay, overlay_bytes};
    if (start_info != 0) {
        pvh_describe(start_info);
    } else {
        struct pci_layout layout;
        rom_describe_memory(&layout);
        pci_start(&layout);
    }
    bare_start();
}
