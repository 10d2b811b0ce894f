// SPDX-License-Identifier: BSD-2-Clause
// Reset and power off, by ACPI's fixed hardware (ACPI 6.x, 4.8.3): its description table has the
// registers. Machines without ACPI have the PC's ways to reset, and cannot be switched off.
#include "boot/bare/acpi.h"
#include "boot/pc/bda.h"
#include "loader/bytes.h"
#include "stage2/bus/io.h"
#include "stage2/firmware.h"

enum {
    /* Offsets in the Fixed ACPI Description Table (5.2.9). */
    FADT_PM1A_CONTROL = 64,
    FADT_FLAG_RESET = 1 << 10,
    FADT_RESET_REGISTER = 116,
    FADT_RESET_VALUE = 128,
    FADT_RESET_END = 129,
    FADT_SLEEP_CONTROL = 244,
    FADT_SLEEP_END = 256,

    SPACE_MEMORY = 0, /* of a generic address (5.2.3.2) */
    SPACE_IO = 1,
    GENERIC_ADDRESS = 4, /* offset of the address itself */

    PM1_SLEEP_ENABLE = 1 << 13,  /* sleep type 0: S5, power off, on QEMU's chipsets */
    SLEEP_OFF = 1 << 5 | 5 << 2, /* of a sleep control register: enable, type 5 */
    RESET_CONTROL = 0xcf9,       /* of the PCI chipsets */
    RESET_CONTROL_RESET = 0x06,
    KEYBOARD_COMMAND = 0x64,
    KEYBOARD_PULSE_RESET = 0xfe,
};

/* Writes a byte to a register that a generic address names. */
static void write_register(const uint8_t *generic, uint8_t value)
{
    uint32_t address = load32(generic + GENERIC_ADDRESS);
    if (generic[0] == SPACE_IO) {
        out8((uint16_t)address, value);
    } else if (generic[0] == SPACE_MEMORY && address != 0) {
        *(volatile uint8_t *)(uintptr_t)bios_data(address) = value;
    }
}

void firmware_setup(void) {}

bool firmware_enable_a20(void)
{
    return true; /* it is on after a reset */
}

void firmware_power_off(void)
{
    struct bytes fadt = bare_fadt();
    if (fadt.size < FADT_RESET_REGISTER) {
        return;
    }
    if (!bare_hardware_is_reduced(fadt)) {
        out16((uint16_t)load32(fadt.data + FADT_PM1A_CONTROL), PM1_SLEEP_ENABLE);
    } else if (fadt.size >= FADT_SLEEP_END) {
        write_register(fadt.data + FADT_SLEEP_CONTROL, SLEEP_OFF);
    }
}

/* By the description table, then in the PC's ways, at last by an exception that cannot be handled
   (a triple fault), which resets every processor. */
_Noreturn void firmware_reboot(void)
{
    static const struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) no_idt;
    struct bytes fadt = bare_fadt();
    if (fadt.size >= FADT_RESET_END && (load32(fadt.data + FADT_FLAGS) & FADT_FLAG_RESET) != 0) {
        write_register(fadt.data + FADT_RESET_REGISTER, fadt.data[FADT_RESET_VALUE]);
    }
    out8(KEYBOARD_COMMAND, KEYBOARD_PULSE_RESET);
    out8(RESET_CONTROL, RESET_CONTROL_RESET);
    for (;;) {
        __asm__ volatile("lidt %0\n\tint3" : : "m"(no_idt));
    }
}
