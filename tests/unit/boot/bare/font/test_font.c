// SPDX-License-Identifier: BSD-2-Clause
// The characters of the text screen (font.h).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "boot/bare/font/font.h"

enum { CHARACTERS = 256, FIRST = 0x20, LAST = 0x7e };

static uint8_t font[CHARACTERS][FONT_ROWS];

static int draw(void **state)
{
    (void)state;
    memset(font, 0xee, sizeof font);
    for (unsigned code = 0; code < CHARACTERS; code++) {
        font_draw((uint8_t)code, font[code]);
    }
    return 0;
}

static uint8_t all_rows(unsigned code)
{
    uint8_t pixels = 0;
    for (unsigned row = 0; row < FONT_ROWS; row++) {
        pixels |= font[code][row];
    }
    return pixels;
}

static void each_character_of_ascii_looks_different(void **state)
{
    (void)state;
    assert_int_equal(all_rows(' '), 0);
    for (unsigned code = FIRST + 1; code <= LAST; code++) {
        assert_int_not_equal(all_rows(code), 0);
        for (unsigned other = FIRST; other < code; other++) {
            assert_memory_not_equal(font[code], font[other], FONT_ROWS);
        }
    }
}

static void letters_stand_apart(void **state)
{
    (void)state;
    for (unsigned code = FIRST; code <= LAST; code++) {
        assert_int_equal(all_rows(code) & 0x81, 0);
        assert_int_equal(font[code][0] | font[code][1], 0);
    }
}

static void letters_stand_on_one_line(void **state)
{
    (void)state;
    enum { BASE = 11 };
    static const char with_descender[] = "Q_gjpqy,;@$|";
    for (unsigned code = '0'; code <= LAST; code++) {
        int is_letter = (code <= '9' || (code | 0x20) >= 'a') && (code | 0x20) <= 'z';
        if (is_letter && strchr(with_descender, (int)code) == NULL && code != '[' && code != '\\' &&
            code != ']' && code != '^' && code != '`') {
            assert_int_not_equal(font[code][BASE], 0);
            assert_int_equal(font[code][BASE + 1], 0);
        }
    }
}

static void an_accented_letter_is_its_letter_with_an_accent(void **state)
{
    (void)state;
    assert_memory_equal(font[0x84] + 5, font['a'] + 5, 9); /* a with diaeresis */
    assert_memory_equal(font[0x8e] + 2, font['A'] + 2, 12);
    assert_int_not_equal(font[0x84][2], 0);
    assert_int_not_equal(font[0x8e][0], 0);
    assert_memory_not_equal(font[0x84], font[0x85], FONT_ROWS); /* and with grave */
}

static void lines_meet_at_the_edges_of_their_cells(void **state)
{
    (void)state;
    enum { HORIZONTAL = 0xc4, VERTICAL = 0xb3, DOWN_RIGHT = 0xda, UP_LEFT = 0xd9, CROSS = 0xc5 };
    assert_int_equal(all_rows(HORIZONTAL), 0xff);
    for (unsigned row = 0; row < FONT_ROWS; row++) {
        assert_int_equal(font[VERTICAL][row], font[VERTICAL][0]);
        assert_int_equal(font[CROSS][row], font[VERTICAL][row] | font[HORIZONTAL][row]);
        int is_line = font[HORIZONTAL][row] != 0;
        assert_int_equal((font[DOWN_RIGHT][row] & 1) != 0, is_line);
        assert_int_equal((font[UP_LEFT][row] & 0x80) != 0, is_line);
    }
    assert_int_equal(font[DOWN_RIGHT][0], 0);
    assert_int_equal(font[DOWN_RIGHT][FONT_ROWS - 1], font[VERTICAL][0]);
    assert_int_equal(font[UP_LEFT][0], font[VERTICAL][0]);
    assert_int_equal(font[UP_LEFT][FONT_ROWS - 1], 0);
}

static void double_lines_are_two(void **state)
{
    (void)state;
    enum { HORIZONTAL = 0xcd, VERTICAL = 0xba };
    unsigned lines = 0;
    for (unsigned row = 0; row < FONT_ROWS; row++) {
        lines += font[HORIZONTAL][row] == 0xff;
        assert_int_equal(font[VERTICAL][row], 0x24);
    }
    assert_int_equal(lines, 2);
}

static void blocks_fill_their_part(void **state)
{
    (void)state;
    for (unsigned row = 0; row < FONT_ROWS; row++) {
        assert_int_equal(font[0xdb][row], 0xff);
        assert_int_equal(font[0xdc][row], row < 8 ? 0 : 0xff);
        assert_int_equal(font[0xdd][row], 0xf0);
        assert_int_equal(font[0xde][row], 0x0f);
        assert_int_equal(font[0xdf][row], row < 8 ? 0xff : 0);
    }
}

static void a_character_that_the_font_lacks_is_blank(void **state)
{
    (void)state;
    assert_int_equal(all_rows(0x00), 0);
    assert_int_equal(all_rows(0xe0), 0); /* alpha */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_character_of_ascii_looks_different),
        cmocka_unit_test(letters_stand_apart),
        cmocka_unit_test(letters_stand_on_one_line),
        cmocka_unit_test(an_accented_letter_is_its_letter_with_an_accent),
        cmocka_unit_test(lines_meet_at_the_edges_of_their_cells),
        cmocka_unit_test(double_lines_are_two),
        cmocka_unit_test(blocks_fill_their_part),
        cmocka_unit_test(a_character_that_the_font_lacks_is_blank),
    };
    return cmocka_run_group_tests(tests, draw, NULL);
}
