// SPDX-License-Identifier: BSD-2-Clause
// The bytes of the keyboard as a PC's sends them, and the keys that come of them.
#include "boot/bare/keys/scan_codes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum {
    ESCAPE = 0x1b,
    E0 = 0xe0,
    E1 = 0xe1,
    UP = 0x80,
    SHIFT = 0x2a,
    CONTROL = 0x1d,
    ALT = 0x38,
    CAPS = 0x3a
};

static uint16_t last_of(struct scan_state *state, const uint8_t *bytes, size_t count)
{
    uint16_t key = 0;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(key, 0);
        key = scan_code(state, bytes[i]);
    }
    return key;
}
#define KEY(...)                                                                                   \
    last_of(&state, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void letters_and_digits_have_their_characters(void **unused)
{
    (void)unused;
    struct scan_state state = {0};
    static const struct {
        uint8_t code;
        char character;
    } keys[] = {{0x01, ESCAPE}, {0x02, '1'},  {0x0b, '0'}, {0x0d, '='},  {0x0e, '\b'}, {0x0f, '\t'},
                {0x10, 'q'},    {0x19, 'p'},  {0x1b, ']'}, {0x1c, '\r'}, {0x1e, 'a'},  {0x28, '\''},
                {0x29, '`'},    {0x2b, '\\'}, {0x2c, 'z'}, {0x35, '/'},  {0x37, '*'},  {0x39, ' '}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        assert_int_equal(KEY(keys[i].code), keys[i].code << 8 | keys[i].character);
        assert_int_equal(KEY(keys[i].code | UP), 0);
    }
}

static void shift_and_caps_lock_choose_the_other_character(void **unused)
{
    (void)unused;
    struct scan_state state = {0};
    assert_int_equal(KEY(SHIFT, 0x1e) & 0xff, 'A');
    assert_int_equal(KEY(0x02) & 0xff, '!');
    assert_int_equal(KEY(SHIFT | UP, 0x1e) & 0xff, 'a');
    assert_int_equal(KEY(CAPS, CAPS | UP, 0x1e) & 0xff, 'A');
    assert_int_equal(KEY(0x02) & 0xff, '1');
    assert_int_equal(KEY(SHIFT, 0x1e) & 0xff, 'a');
}

static void control_makes_control_characters_and_alt_none(void **unused)
{
    (void)unused;
    struct scan_state state = {0};
    assert_int_equal(KEY(CONTROL, 0x2d), 0x2d00 | ('x' & 0x1f));
    assert_int_equal(state.held, HELD_CONTROL);
    assert_int_equal(KEY(CONTROL | UP, ALT, 0x2d), 0x2d00);
    assert_int_equal(state.held, HELD_ALT);
}

static void keys_without_a_character_have_their_scan_code(void **unused)
{
    (void)unused;
    struct scan_state state = {0};
    assert_int_equal(KEY(E0, 0x48), 0x4800);
    assert_int_equal(KEY(E0, 0x48 | UP, 0x48), 0x4800); /* the number pad's */
    assert_int_equal(KEY(0x44), 0x4400);
    assert_int_equal(KEY(E0, 0x1c), 0x1c00 | '\r');
    assert_int_equal(KEY(E0, 0x35), 0x3500 | '/');
}

static void the_number_pad_has_digits_while_num_lock_is_on(void **unused)
{
    (void)unused;
    struct scan_state state = {0};
    assert_int_equal(KEY(0x45, 0x45 | UP, 0x48), 0x4800 | '8');
    assert_int_equal(KEY(0x4a), 0x4a00 | '-');
}

static void sequences_without_a_key_are_passed_over(void **unused)
{
    (void)unused;
    struct scan_state state = {0};
    assert_int_equal(KEY(E1, 0x1d, 0x45, E1, 0x9d, 0xc5, 0x1e) & 0xff, 'a'); /* Pause */
    assert_int_equal(KEY(E0, SHIFT, E0, 0x53), 0x5300); /* Delete with Num Lock's Shift */
    assert_int_equal(state.held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_and_digits_have_their_characters),
        cmocka_unit_test(shift_and_caps_lock_choose_the_other_character),
        cmocka_unit_test(control_makes_control_characters_and_alt_none),
        cmocka_unit_test(keys_without_a_character_have_their_scan_code),
        cmocka_unit_test(the_number_pad_has_digits_while_num_lock_is_on),
        cmocka_unit_test(sequences_without_a_key_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
