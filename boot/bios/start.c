// SPDX-License-Identifier: BSD-2-Clause
// From the mode switch to stage 2, and back to the firmware: next boot device, reset.
#include "boot/bios/bios.h"
#include "stage2/config/config.h"
#include "stage2/console/console.h"
#include "stage2/overlay.h"
#include "stage2/firmware.h"
#include "stage2/bus/io.h"
#include "stage2/timing/timeline.h"

enum {
    INT_BOOT_FAILURE = 0x18, /* the next boot device */
    KIB = 1024,
    FIRMWARE_DATA_END = 0x600, /* interrupt vectors, BDA, mode_switch.asm's variables */

    RESET_CONTROL = 0xcf9, /* of the PCI chipsets */
    RESET_CONTROL_RESET = 0x06,
    KEYBOARD_COMMAND = 0x64,
    KEYBOARD_PULSE_RESET = 0xfe,
};

/* linker/bios.ld */
extern uint8_t stack_bottom[], resident_end[], overlay_start[], arena_start[];

extern const uint64_t handoff_tsc; /* boot.asm */

ASSEMBLY _Noreturn void bios_main(uint8_t drive);

static uint32_t conventional_memory_end(void)
{
    return (uint32_t)bda_word(BDA_MEMORY_KIB) * KIB;
}

struct arena firmware_arena(void)
{
    uint32_t start = (uint32_t)(uintptr_t)arena_start;
    uint32_t end = conventional_memory_end();
    return (struct arena){.base = arena_start, .size = end > start ? end - start : 0};
}

size_t firmware_memory_in_use(struct memory_range ranges[FIRMWARE_RANGES])
{
    uint32_t stack = (uint32_t)(uintptr_t)stack_bottom;
    uint32_t overlay = (uint32_t)(uintptr_t)overlay_start; /* bounce buffer and stage 2 follow */
    ranges[0] = (struct memory_range){.length = FIRMWARE_DATA_END};
    ranges[1] = (struct memory_range){stack, (uint32_t)(uintptr_t)resident_end - stack, 0};
    ranges[2] = (struct memory_range){overlay, conventional_memory_end() - overlay, 0};
    return 3;
}

const char *firmware_config_variables(void)
{
    return CONFIG_CD_VARIABLES;
}

const struct boot_efi *firmware_efi(void)
{
    return NULL;
}

/* Does nothing: a BIOS has nothing to end. */
bool firmware_finish(const struct plan *plan, struct boot_information *information,
                     struct error *error)
{
    (void)plan;
    (void)information;
    (void)error;
    return true;
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
