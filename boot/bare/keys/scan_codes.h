// SPDX-License-Identifier: BSD-2-Clause
// From the bytes of a PC's keyboard (scan code set 1) to keys, for a US layout.
//
// Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Bits of the modifier keys that are held or locked, as in the BIOS data area's first byte. */
enum {
    HELD_SHIFT_RIGHT = 0x01,
    HELD_SHIFT_LEFT = 0x02,
    HELD_CONTROL = 0x04,
    HELD_ALT = 0x08,
    LOCKED_NUM = 0x20,
    LOCKED_CAPS = 0x40,
};

struct scan_state {
    uint8_t held;          /* the bits above */
    uint8_t is_unfinished; /* bytes of a longer sequence that are to be passed over */
    bool is_extended;      /* 0xe0 came before */
};

/* Takes a byte. Returns a key as the BIOS's buffer has it: the scan code in the upper byte, and the
   ASCII character or, for keys without one, 0 in the lower. 0: no key is complete. */
uint16_t scan_code(struct scan_state *state, uint8_t byte);
