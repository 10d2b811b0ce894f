// SPDX-License-Identifier: BSD-2-Clause
// The modifier keys that are held, by the BIOS data area (IBM PS/2 and PC BIOS Interface).
#include "boot/pc/bda.h"
#include "stage2/firmware.h"

unsigned firmware_keyboard_modifiers(void)
{
    enum { ANY_SHIFT = 3, CONTROL = 4, ALT = 8 };
    uint16_t held = bda_word(BDA_SHIFTS);
    return ((held & ANY_SHIFT) != 0 ? 1 : 0) | (held & (CONTROL | ALT)) >> 1;
}
