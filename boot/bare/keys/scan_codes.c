// SPDX-License-Identifier: BSD-2-Clause
// See scan_codes.h. IBM Personal System/2 and Personal Computer BIOS Interface, "Keyboard".
#include "boot/bare/keys/scan_codes.h"

enum {
    EXTENDED = 0xe0,
    PAUSE = 0xe1,
    PAUSE_BYTES = 2, /* that follow; its release has as many */
    RELEASED = 0x80,

    CODE_CONTROL = 0x1d,
    CODE_SHIFT_LEFT = 0x2a,
    CODE_SLASH = 0x35,
    CODE_SHIFT_RIGHT = 0x36,
    CODE_ALT = 0x38,
    CODE_CAPS = 0x3a,
    CODE_NUM = 0x45,
    CODE_PAD_FIRST = 0x47,
    CODE_PAD_LAST = 0x53,
    CODE_ENTER = 0x1c,

    CHARACTERS = 0x3a,
    CONTROL = 0x1f,
};

/* By scan code; 0: no character. */
static const char plain[CHARACTERS + 1] = "\0\x1b"
                                          "1234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\"
                                          "zxcvbnm,./\0*\0 ";
static const char shifted[CHARACTERS + 1] = "\0\x1b"
                                            "!@#$%^&*()_+\b\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|"
                                            "ZXCVBNM<>?\0*\0 ";
static const char pad[CODE_PAD_LAST - CODE_PAD_FIRST + 2] = "789-456+1230.";

static uint8_t modifier_of(uint8_t code, bool is_extended)
{
    switch (code) {
    case CODE_SHIFT_LEFT:
        return is_extended ? 0 : HELD_SHIFT_LEFT; /* extended: part of other keys' sequences */
    case CODE_SHIFT_RIGHT:
        return is_extended ? 0 : HELD_SHIFT_RIGHT;
    case CODE_CONTROL:
        return HELD_CONTROL;
    case CODE_ALT:
        return HELD_ALT;
    default:
        return 0;
    }
}

static bool is_letter(char character)
{
    return (character | 0x20) >= 'a' && (character | 0x20) <= 'z';
}

/* The character of a pressed key; 0: it has none. */
static uint8_t character_of(const struct scan_state *state, uint8_t code)
{
    bool shift = (state->held & (HELD_SHIFT_LEFT | HELD_SHIFT_RIGHT)) != 0;
    if (state->is_extended) {
        return code == CODE_ENTER ? '\r' : code == CODE_SLASH ? '/' : 0;
    }
    if (code >= CODE_PAD_FIRST && code <= CODE_PAD_LAST) {
        char character = pad[code - CODE_PAD_FIRST];
        bool is_digit = character != '-' && character != '+';
        bool digits = ((state->held & LOCKED_NUM) != 0) != shift;
        return is_digit && !digits ? 0 : (uint8_t)character;
    }
    if (code >= CHARACTERS) {
        return 0;
    }
    if (is_letter(plain[code]) && (state->held & LOCKED_CAPS) != 0) {
        shift = !shift;
    }
    char character = shift ? shifted[code] : plain[code];
    return (state->held & HELD_CONTROL) != 0 && is_letter(character)
               ? (uint8_t)(character & CONTROL)
               : (uint8_t)character;
}

uint16_t scan_code(struct scan_state *state, uint8_t byte)
{
    uint8_t code = byte & (uint8_t)~RELEASED;
    if (state->is_unfinished > 0) {
        state->is_unfinished--;
        return 0;
    }
    if (byte == EXTENDED) {
        state->is_extended = true;
        return 0;
    }
    if (byte == PAUSE) {
        state->is_unfinished = PAUSE_BYTES;
        return 0;
    }
    uint8_t modifier = modifier_of(code, state->is_extended);
    uint16_t key = 0;
    if ((byte & RELEASED) != 0) {
        state->held &= (uint8_t)~modifier;
    } else if (modifier != 0) {
        state->held |= modifier;
    } else if (code == CODE_CAPS || code == CODE_NUM) {
        state->held ^= code == CODE_CAPS ? LOCKED_CAPS : LOCKED_NUM;
    } else if (!state->is_extended || code != CODE_SHIFT_LEFT) {
        uint8_t character = (state->held & HELD_ALT) != 0 ? 0 : character_of(state, code);
        key = (uint16_t)(code << 8 | character);
    }
    state->is_extended = false;
    return key;
}
