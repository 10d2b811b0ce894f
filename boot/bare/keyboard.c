// SPDX-License-Identifier: BSD-2-Clause
// See keyboard.h. Keys wait in the buffer of the BIOS data area, as under a BIOS.
#include "boot/bare/keyboard.h"

#include "boot/bare/keys/scan_codes.h"
#include "boot/pc/bda.h"
#include "stage2/bus/io.h"
#include "stage2/firmware.h"
#include "stage2/text/keys.h"

enum {
    PORT_DATA = 0x60,
    PORT_STATUS = 0x64,
    PORT_COMMAND = 0x64,
    STATUS_FULL = 0x01,
    STATUS_MOUSE = 0x20, /* the byte is not the keyboard's */
    NO_DEVICE = 0xff,
    COMMAND_WRITE_MODE = 0x60,
    MODE = 0x61, /* translation, no mouse, keyboard's interrupts */
    MOST_BYTES = 64,

    BUFFER_START = 0x1e, /* of the keys, relative to BDA */
    BUFFER_END = 0x3e,
    BDA = 0x400,
};

static struct scan_state state;

static volatile uint16_t *bda_pointer(uintptr_t address)
{
    return (volatile uint16_t *)(uintptr_t)bios_data(address);
}

static uint16_t next(uint16_t offset)
{
    return offset + 2 < BUFFER_END ? offset + 2 : BUFFER_START;
}

void keyboard_start(void)
{
    *bda_pointer(BDA_KEYS_HEAD) = BUFFER_START;
    *bda_pointer(BDA_KEYS_TAIL) = BUFFER_START;
    out8(PORT_COMMAND, COMMAND_WRITE_MODE);
    out8(PORT_DATA, MODE);
}

/* Takes the bytes that the keyboard has sent. A key for which there is no room is lost. */
static void poll(void)
{
    for (unsigned i = 0; i < MOST_BYTES; i++) {
        uint8_t status = in8(PORT_STATUS);
        if (status == NO_DEVICE || (status & STATUS_FULL) == 0) {
            break;
        }
        uint8_t byte = in8(PORT_DATA);
        uint16_t key = (status & STATUS_MOUSE) == 0 ? scan_code(&state, byte) : 0;
        uint16_t tail = bda_word(BDA_KEYS_TAIL);
        if (key != 0 && next(tail) != bda_word(BDA_KEYS_HEAD)) {
            *bda_pointer(BDA + tail) = key;
            *bda_pointer(BDA_KEYS_TAIL) = next(tail);
        }
    }
    *(volatile uint8_t *)bda_pointer(BDA_SHIFTS) = state.held;
}

int firmware_key(void)
{
    poll();
    uint16_t head = bda_word(BDA_KEYS_HEAD);
    if (head == bda_word(BDA_KEYS_TAIL)) {
        return KEY_NONE;
    }
    uint16_t key = bda_word(BDA + head);
    *bda_pointer(BDA_KEYS_HEAD) = next(head);
    return (uint8_t)key != 0 ? (uint8_t)key : KEY_SCAN | key >> 8;
}

/* Each look costs an exit to the hypervisor: one if there is no key. */
bool firmware_menu_key_held(void)
{
    poll();
    bool held = (bda_word(BDA_SHIFTS) & BDA_SHIFTS_SHIFT) != 0;
    for (int i = 0; i < BDA_KEYS_MOST && !held; i++) {
        held = bda_word(BDA_KEYS_HEAD) != bda_word(BDA_KEYS_TAIL) && firmware_key() == KEY_ESCAPE;
    }
    return held;
}
