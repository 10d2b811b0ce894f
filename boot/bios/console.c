// SPDX-License-Identifier: BSD-2-Clause
// Screen (INT 10h), keyboard (INT 16h) and clock (BDA), in firmware.h's terms.
#include "boot/bios/bios.h"
#include "boot/pc/clock.h"
#include "stage2/disc/pc/pc.h"
#include "stage2/console/console.h"
#include "stage2/firmware.h"

enum {
    INT_VIDEO = 0x10,
    VIDEO_SET_CURSOR = 0x0200,
    VIDEO_SCROLL_UP = 0x0600, /* AL 0: clears */
    VIDEO_WRITE_ATTRIBUTE = 0x0900,
    VIDEO_TELETYPE = 0x0e00,
    ATTRIBUTE_NORMAL = 0x07,
    ATTRIBUTE_INVERSE = 0x70,
    LAST_ROW_AND_COLUMN = 24 << 8 | 79,
    VIDEO_VECTOR = INT_VIDEO * 4 + 2, /* the segment in its vector */
    SYSTEM_BIOS_SEGMENT = 0xf000,

    INT_KEYBOARD = 0x16,
    KEYBOARD_READ = 0x0000,
    KEYBOARD_POLL = 0x0100,
    EFLAGS_ZERO = 0x40,

    INT_MEMORY_SIZE = 0x12,

    MILLISECONDS_PER_TICK = 55,
};

bool screen_is_graphic;
static bool inverse;

/* A video BIOS is in an option ROM. If INT 10h is in the system BIOS, there is no screen, or the
   firmware sends the text to the serial port as well, where it would appear twice. */
bool firmware_screen_present(void)
{
    return bda_word(VIDEO_VECTOR) < SYSTEM_BIOS_SEGMENT && !screen_is_graphic;
}

static void video_call(uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
    struct bios_registers registers = {.eax = eax, .ebx = ebx, .ecx = ecx, .edx = edx};
    bios_call(INT_VIDEO, &registers);
}

void firmware_screen_write(char character)
{
    if (character == '\n') {
        video_call(VIDEO_TELETYPE | '\r', ATTRIBUTE_NORMAL, 0, 0);
    } else if (character != '\b') { /* teletype output keeps the cell's attribute */
        video_call(VIDEO_WRITE_ATTRIBUTE | (uint8_t)character,
                   inverse ? ATTRIBUTE_INVERSE : ATTRIBUTE_NORMAL, 1, 0);
    }
    video_call(VIDEO_TELETYPE | (uint8_t)character, ATTRIBUTE_NORMAL, 0, 0);
}

void firmware_screen_clear(void)
{
    video_call(VIDEO_SCROLL_UP, ATTRIBUTE_NORMAL << 8, 0, LAST_ROW_AND_COLUMN);
    firmware_screen_move(0, 0);
}

void firmware_screen_move(unsigned row, unsigned column)
{
    video_call(VIDEO_SET_CURSOR, 0, 0, row << 8 | column);
}

void firmware_screen_inverse(int on)
{
    inverse = on;
}

uint16_t firmware_serial_port(void)
{
    return bda_word(BDA_COM1);
}

int firmware_key(void)
{
    struct bios_registers registers = {.eax = KEYBOARD_POLL};
    bios_call(INT_KEYBOARD, &registers);
    if (registers.eflags & EFLAGS_ZERO) {
        return KEY_NONE;
    }
    registers.eax = KEYBOARD_READ;
    bios_call(INT_KEYBOARD, &registers);
    uint8_t character = (uint8_t)registers.eax;
    if (character != 0 && character != 0xe0) {
        return character;
    }
    return KEY_SCAN | (int)(registers.eax >> 8 & 0xff);
}

bool firmware_menu_key_held(void)
{
    bool held = (bda_word(BDA_SHIFTS) & BDA_SHIFTS_SHIFT) != 0;
    for (int i = 0; i < BDA_KEYS_MOST && !held; i++) {
        held = bda_word(BDA_KEYS_HEAD) != bda_word(BDA_KEYS_TAIL) && firmware_key() == KEY_ESCAPE;
    }
    return held;
}

/* The BDA's ticks, or another clock where the timer is missing. */
uint64_t firmware_milliseconds(void)
{
    if (!pc_timer_ticks()) {
        return pc_rtc_milliseconds();
    }
    static uint32_t days_ticks; /* of the days that ended since the start */
    static uint32_t last;
    uint32_t now = *(const volatile uint32_t *)bios_data(BDA_TICKS);
    if (now < last) {
        days_ticks += BDA_TICKS_A_DAY;
    }
    last = now;
    return (uint64_t)(days_ticks + now) * MILLISECONDS_PER_TICK;
}

void firmware_idle(void)
{
    if (pc_timer_ticks()) {
        bios_rest();
    }
}

/* line 0, the timer's: any BIOS call lets the timer's interrupt in. */
bool pc_wait_irq(unsigned line)
{
    if (line == 0) {
        struct bios_registers registers = {0};
        bios_call(INT_MEMORY_SIZE, &registers);
        return false;
    }
    return bios_rest_for(pc_timer_ticks() ? line : line | BIOS_NO_HALT);
}

/* There is none but the UART. */
bool firmware_terminal_present(void)
{
    return false;
}

void firmware_terminal_write(char character)
{
    (void)character;
}

int firmware_terminal_read(void)
{
    return -1;
}
