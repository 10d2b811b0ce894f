// SPDX-License-Identifier: BSD-2-Clause
// Enables the A20 line if the firmware left it off. The ways are tried one after the other until
// one works; the last hangs a few old machines.
#include "boot/bios/bios.h"
#include "stage2/firmware.h"
#include "stage2/bus/io.h"

enum {
    CHECKS = 2000, /* the line may take a while after the keyboard controller's command */

    INT_SYSTEM = 0x15,
    SYSTEM_A20_ENABLE = 0x2401,

    KEYBOARD_DATA = 0x60,
    KEYBOARD_STATUS = 0x64,
    KEYBOARD_COMMAND = 0x64,
    KEYBOARD_OUTPUT_FULL = 1,
    KEYBOARD_INPUT_FULL = 2,
    KEYBOARD_TRIES = 10000,
    KEYBOARD_DISABLE = 0xad,
    KEYBOARD_ENABLE = 0xae,
    KEYBOARD_READ_OUTPUT = 0xd0,
    KEYBOARD_WRITE_OUTPUT = 0xd1,
    KEYBOARD_OUTPUT_A20 = 2,

    SYSTEM_CONTROL_A = 0x92,
    SYSTEM_CONTROL_A20 = 2,
    SYSTEM_CONTROL_RESET = 1,
    NO_DEVICE = 0xff,
};

static void enable_by_bios(void)
{
    struct bios_registers registers = {.eax = SYSTEM_A20_ENABLE};
    bios_call(INT_SYSTEM, &registers);
}

static void keyboard_wait(uint8_t mask, uint8_t value)
{
    for (unsigned i = 0; i < KEYBOARD_TRIES && (in8(KEYBOARD_STATUS) & mask) != value; i++) {
    }
}

static void keyboard_command(uint8_t command)
{
    keyboard_wait(KEYBOARD_INPUT_FULL, 0);
    out8(KEYBOARD_COMMAND, command);
}

static void enable_by_keyboard_controller(void)
{
    if (in8(KEYBOARD_STATUS) == NO_DEVICE) {
        return;
    }
    keyboard_command(KEYBOARD_DISABLE);
    keyboard_command(KEYBOARD_READ_OUTPUT);
    keyboard_wait(KEYBOARD_OUTPUT_FULL, KEYBOARD_OUTPUT_FULL);
    uint8_t output = in8(KEYBOARD_DATA);
    keyboard_command(KEYBOARD_WRITE_OUTPUT);
    keyboard_wait(KEYBOARD_INPUT_FULL, 0);
    out8(KEYBOARD_DATA, output | KEYBOARD_OUTPUT_A20);
    keyboard_command(KEYBOARD_ENABLE);
    keyboard_wait(KEYBOARD_INPUT_FULL, 0);
}

static void enable_by_system_control_port(void)
{
    uint8_t control = in8(SYSTEM_CONTROL_A);
    if (control != NO_DEVICE) {
        out8(SYSTEM_CONTROL_A, (uint8_t)((control | SYSTEM_CONTROL_A20) & ~SYSTEM_CONTROL_RESET));
    }
}

bool firmware_enable_a20(void)
{
    enable_by_bios();
    if (a20_is_enabled(1)) {
        return true;
    }
    enable_by_keyboard_controller();
    if (a20_is_enabled(CHECKS)) {
        return true;
    }
    enable_by_system_control_port();
    return a20_is_enabled(CHECKS);
}
