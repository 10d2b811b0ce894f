// SPDX-License-Identifier: BSD-2-Clause
// From the mode switch to stage 2, and back to the firmware: next boot device, reset.
#include "boot/bios/bios.h"
#include "stage2/console/console.h"
#include "stage2/overlay.h"
#include "stage2/firmware.h"
#include "stage2/bus/io.h"
#include "stage2/timing/timeline.h"

enum {
    INT_BOOT_FAILURE = 0x18, /* the next boot device */

    RESET_CONTROL = 0xcf9, /* of the PCI chipsets */
    RESET_CONTROL_RESET = 0x06,
    KEYBOARD_COMMAND = 0x64,
    KEYBOARD_PULSE_RESET = 0xfe,
};

extern const uint64_t handoff_tsc; /* boot.asm */

ASSEMBLY _Noreturn void bios_main(uint8_t drive);

size_t firmware_disc_memory(struct memory_range ranges[FIRMWARE_DISC_RANGES])
{
    (void)ranges;
    return 0;
}

struct bytes firmware_disc_bytes(uint32_t lba)
{
    (void)lba;
    return (struct bytes){0};
}

_Noreturn void firmware_boot_next(void)
{
    struct bios_registers registers = {0};
    bios_call(INT_BOOT_FAILURE, &registers);
    for (;;) { /* firmware without INT 18h returns */
        bios_rest();
    }
}

_Noreturn void firmware_reboot(void)
{
    out8(KEYBOARD_COMMAND, KEYBOARD_PULSE_RESET);
    out8(RESET_CONTROL, RESET_CONTROL_RESET);
    for (;;) {
        bios_rest();
    }
}

/* Few machines need this, so it is in the overlay. */
static bool enable_a20(void)
{
    struct error ignored;
    const struct overlay *overlay = overlay_load(&ignored);
    return overlay != NULL && overlay->enable_a20();
}

ASSEMBLY _Noreturn void bios_main(uint8_t drive)
{
    timeline.stamps[TIMELINE_HANDOFF] = handoff_tsc;
    disc_set_boot_drive(drive);
    if (!a20_is_enabled(1) && !enable_a20()) {
        console_write(
            "whelk: the A20 line cannot be enabled, memory above 1 MiB is out of reach\n");
        firmware_boot_next();
    }
    stage2_main();
}

/* Nobody can say so. */
const char *firmware_wanted_entry(void)
{
    return NULL;
}

const char *firmware_added_arguments(void)
{
    return NULL;
}

uint32_t firmware_tsc_khz(void)
{
    return 0;
}
