// SPDX-License-Identifier: BSD-2-Clause
// The menu against a console that keeps its screen in memory: what stands where, and what each key
// chooses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "loader/format.h"
#include "stage2/console.h"
#include "stage2/firmware.h"
#include "stage2/menu.h"
#include <cmocka.h> /* behind error.h: it has a macro of the name fail */

/* It is no pure code, thus in no library of the tests. */
#include "stage2/menu.c" // NOLINT(bugprone-suspicious-include)

enum { ROWS = 25, COLUMNS = 80, MAX_ENTRIES = 40, MAX_KEYS = 64, NO_ROW = -1 };

/* The console and the clock. */
static char screen[ROWS][COLUMNS + 1];
static bool inverse[ROWS][COLUMNS];
static unsigned cursor_row, cursor_column;
static bool inverse_on;
static unsigned writes;
static int keys[MAX_KEYS];
static size_t key_count, key_at;
static uint64_t milliseconds, last_key_at;
static uint64_t key_delay; /* before each key */
static bool clears_kept;   /* keep the screen for a look at it */
static unsigned clears;

void console_clear(void)
{
    writes++;
    clears++;
    cursor_row = cursor_column = 0;
    if (clears > 1 && clears_kept) {
        return;
    }
    for (size_t row = 0; row < ROWS; row++) {
        memset(screen[row], ' ', COLUMNS);
        screen[row][COLUMNS] = 0;
    }
    memset(inverse, 0, sizeof inverse);
}

void console_move(unsigned row, unsigned column)
{
    writes++;
    assert_true(row < ROWS && column < COLUMNS);
    cursor_row = row;
    cursor_column = column;
}

void console_inverse(int on)
{
    writes++;
    inverse_on = on != 0;
}

void console_write(const char *text)
{
    writes++;
    for (; *text != 0; text++) {
        assert_true((unsigned char)*text >= ' ');
        assert_true(cursor_column < COLUMNS - 1); /* the last one would wrap */
        inverse[cursor_row][cursor_column] = inverse_on;
        screen[cursor_row][cursor_column++] = *text;
    }
}

void console_print(const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    format_text_list(text, sizeof text, format, arguments);
    va_end(arguments);
    console_write(text);
}

int console_key(void)
{
    if (milliseconds - last_key_at < key_delay) {
        return KEY_NONE;
    }
    if (key_at == key_count) {
        assert_true(milliseconds < 4000000); /* waits for a key that never comes */
        return KEY_NONE;
    }
    last_key_at = milliseconds;
    return keys[key_at++];
}

uint64_t firmware_milliseconds(void)
{
    return milliseconds;
}

void firmware_rest(void)
{
    milliseconds += 55;
}

/* The menu under test. */
static struct config_entry entries[MAX_ENTRIES];
static char titles[MAX_ENTRIES][32];
static struct config_menu top;
static struct config config;
static size_t chosen;

static void prepare(size_t count)
{
    memset(entries, 0, sizeof entries);
    for (size_t i = 0; i < count; i++) {
        snprintf(titles[i], sizeof titles[i], "Entry %zu.", i);
        entries[i].title = titles[i];
        entries[i].menu = &top;
    }
    config = (struct config){.entries = entries, .entry_count = count};
    writes = clears = 0;
    clears_kept = false;
    key_count = key_at = 0;
    key_delay = 0;
    milliseconds = last_key_at = 1000;
    chosen = 999;
}

static void press(int key)
{
    keys[key_count++] = key;
}

static enum menu_choice show(size_t preselected, int timeout, const char *message)
{
    return menu_run(&config, preselected, timeout, message, &chosen);
}

static int row_of(const char *text)
{
    for (int row = 0; row < ROWS; row++) {
        if (strstr(screen[row], text) != NULL) {
            return row;
        }
    }
    return NO_ROW;
}

static void assert_chosen(size_t index)
{
    assert_int_equal(show(0, -1, NULL), MENU_BOOT);
    assert_int_equal(chosen, index);
    assert_int_equal(key_at, key_count);
}

static void the_escape_that_opened_the_menu_does_not_leave_it_while_it_is_held(void **state)
{
    (void)state;
    prepare(3);
    key_delay = 900;
    for (int i = 0; i < 10; i++) {
        press(0x1b);
    }
    press(KEY_DOWN);
    press('\r');
    assert_int_equal(show(1, 0, NULL), MENU_BOOT);
    assert_int_equal(chosen, 2);
}

static void escape_leaves_a_menu_that_a_key_opened_once_that_was_let_go(void **state)
{
    (void)state;
    prepare(3);
    key_delay = 1300;
    press(0x1b);
    assert_int_equal(show(1, 0, NULL), MENU_LEAVE);
    prepare(3);
    press(KEY_DOWN);
    press(0x1b);
    assert_int_equal(show(1, 0, NULL), MENU_LEAVE);
}

static void enter_boots_the_preselected_entry(void **state)
{
    (void)state;
    prepare(3);
    press('\r');
    assert_int_equal(show(1, -1, NULL), MENU_BOOT);
    assert_int_equal(chosen, 1);
}

static void arrows_move_by_one_and_stop_at_the_ends(void **state)
{
    (void)state;
    prepare(3);
    press(KEY_UP);
    press(KEY_DOWN);
    press('\r');
    assert_chosen(1);
    prepare(3);
    for (int i = 0; i < 5; i++) {
        press(KEY_DOWN);
    }
    press(KEY_UP);
    press('\r');
    assert_chosen(1);
}

static void home_and_end_go_to_the_first_and_last_entry(void **state)
{
    (void)state;
    prepare(MAX_ENTRIES);
    press(KEY_END);
    press('\r');
    assert_chosen(MAX_ENTRIES - 1);
    prepare(MAX_ENTRIES);
    press(KEY_END);
    press(KEY_HOME);
    press('\r');
    assert_chosen(0);
}

static void a_digit_boots_its_entry_and_one_without_an_entry_does_nothing(void **state)
{
    (void)state;
    prepare(3);
    press('0');
    press('4');
    press('9');
    press('x');
    press('3');
    assert_chosen(2);
}

static void a_hotkey_boots_its_entry_even_if_it_is_a_digit(void **state)
{
    (void)state;
    prepare(3);
    entries[1].hotkey = 's';
    press('s');
    assert_chosen(1);
    prepare(3);
    entries[2].hotkey = '1';
    press('1');
    assert_chosen(2);
}

static void escape_leaves(void **state)
{
    (void)state;
    prepare(3);
    press(KEY_DOWN);
    press(0x1b);
    assert_int_equal(show(0, -1, NULL), MENU_LEAVE);
}

static void a_countdown_without_a_key_boots_in_its_time(void **state)
{
    (void)state;
    prepare(3);
    uint64_t start = milliseconds;
    assert_int_equal(show(1, 5, NULL), MENU_BOOT);
    assert_int_equal(chosen, 1);
    assert_true(milliseconds - start >= 5000 && milliseconds - start < 5100);
}

static void any_key_stops_the_countdown_and_counts_itself(void **state)
{
    (void)state;
    prepare(3);
    key_delay = 2000;
    press(KEY_DOWN);
    press('x');
    press('\r');
    assert_int_equal(show(0, 3, NULL), MENU_BOOT);
    assert_int_equal(chosen, 1);
    assert_true(milliseconds >= 7000);
}

static void the_countdown_is_shown_and_vanishes_when_it_is_stopped(void **state)
{
    (void)state;
    prepare(3);
    clears_kept = true;
    assert_int_equal(show(1, 5, NULL), MENU_BOOT);
    assert_int_not_equal(row_of("Boots in 1 s"), NO_ROW);
    prepare(3);
    clears_kept = true;
    press('\r');
    show(1, 5, NULL);
    assert_int_equal(row_of("Boots in"), NO_ROW);
}

static void the_longest_timeout_does_not_overflow(void **state)
{
    (void)state;
    prepare(2);
    key_delay = 3000000;
    press('2');
    assert_int_equal(show(0, 1000000000, NULL), MENU_BOOT);
    assert_int_equal(chosen, 1);
}

static void a_message_stands_above_the_list_and_stops_every_timeout(void **state)
{
    (void)state;
    prepare(2);
    clears_kept = true;
    key_delay = 100000;
    press('\r');
    show(0, 0, "/boot/grub/grub.cfg:3: /boot/k: no such file");
    int row = row_of("/boot/grub/grub.cfg:3: /boot/k: no such file");
    assert_int_not_equal(row, NO_ROW);
    assert_true(row < row_of("Entry 0."));
    assert_true(milliseconds > 100000);
    prepare(2);
    key_delay = 100000;
    press('2');
    show(0, 5, "x");
    assert_int_equal(chosen, 1);
}

static void a_message_of_several_lines_is_shown_whole(void **state)
{
    (void)state;
    char message[301];
    prepare(2);
    clears_kept = true;
    memset(message, 'm', sizeof message);
    memcpy(message + 296, "last", 5);
    press('\r');
    show(0, -1, message);
    assert_int_not_equal(row_of("last"), NO_ROW);
    assert_true(row_of("last") < row_of("Entry 0."));
}

static void the_selected_entry_is_inverse_and_no_other_row(void **state)
{
    (void)state;
    prepare(5);
    clears_kept = true;
    press(KEY_DOWN);
    press(KEY_DOWN);
    press(KEY_UP);
    press('\r');
    show(1, -1, NULL);
    assert_int_equal(chosen, 2);
    int selected = row_of("Entry 2.");
    for (int row = 0; row < ROWS; row++) {
        for (int column = 1; column < 77; column++) {
            assert_int_equal(inverse[row][column], row == selected);
        }
    }
}

static void a_list_longer_than_the_screen_scrolls_to_every_entry(void **state)
{
    (void)state;
    for (size_t target = 0; target < MAX_ENTRIES; target++) {
        prepare(MAX_ENTRIES);
        for (size_t i = 0; i < target; i++) {
            press(KEY_DOWN);
        }
        press('\r');
        show(0, -1, NULL);
        assert_int_equal(chosen, target);
    }
    prepare(MAX_ENTRIES);
    clears_kept = true;
    press('\r');
    show(30, -1, NULL);
    assert_int_not_equal(row_of("Entry 30."), NO_ROW);
    assert_int_equal(row_of("Entry 0."), NO_ROW);
    assert_int_not_equal(row_of("..."), NO_ROW);
    assert_true(row_of("Entry 30.") < row_of("Up, down"));
}

static void digits_stand_before_the_entries_that_they_boot(void **state)
{
    (void)state;
    prepare(12);
    clears_kept = true;
    press('\r');
    show(0, -1, NULL);
    assert_int_not_equal(row_of(" 1 Entry 0."), NO_ROW);
    assert_int_not_equal(row_of(" 9 Entry 8."), NO_ROW);
    assert_int_not_equal(row_of("   Entry 9."), NO_ROW);
}

static void titles_of_submenus_stand_before_those_of_their_entries(void **state)
{
    (void)state;
    static struct config_menu more = {.self = {.title = "More", .menu = &top}};
    prepare(2);
    clears_kept = true;
    entries[1].menu = &more;
    press('\r');
    show(0, -1, NULL);
    assert_int_not_equal(row_of("More > Entry 1."), NO_ROW);
}

static void long_titles_and_control_characters_do_not_break_the_screen(void **state)
{
    (void)state;
    char title[400];
    prepare(2);
    clears_kept = true;
    for (size_t i = 0; i + 2 < sizeof title; i += 2) {
        memcpy(title + i, "\xc3\xa4", 3); /* ä */
    }
    entries[0].title = title;
    entries[1].title = "a\nb\x1b[2J";
    press('\r');
    show(0, -1, NULL);
    assert_int_not_equal(row_of("a b [2J"), NO_ROW);
    int row = row_of("\xc3\xa4");
    assert_int_not_equal(row, NO_ROW);
    size_t bytes = strspn(screen[row] + 4, "\xc3\xa4");
    assert_true(bytes % 2 == 0 && bytes >= 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_escape_that_opened_the_menu_does_not_leave_it_while_it_is_held),
        cmocka_unit_test(escape_leaves_a_menu_that_a_key_opened_once_that_was_let_go),
        cmocka_unit_test(enter_boots_the_preselected_entry),
        cmocka_unit_test(arrows_move_by_one_and_stop_at_the_ends),
        cmocka_unit_test(home_and_end_go_to_the_first_and_last_entry),
        cmocka_unit_test(a_digit_boots_its_entry_and_one_without_an_entry_does_nothing),
        cmocka_unit_test(a_hotkey_boots_its_entry_even_if_it_is_a_digit),
        cmocka_unit_test(escape_leaves),
        cmocka_unit_test(a_countdown_without_a_key_boots_in_its_time),
        cmocka_unit_test(any_key_stops_the_countdown_and_counts_itself),
        cmocka_unit_test(the_countdown_is_shown_and_vanishes_when_it_is_stopped),
        cmocka_unit_test(the_longest_timeout_does_not_overflow),
        cmocka_unit_test(a_message_stands_above_the_list_and_stops_every_timeout),
        cmocka_unit_test(a_message_of_several_lines_is_shown_whole),
        cmocka_unit_test(the_selected_entry_is_inverse_and_no_other_row),
        cmocka_unit_test(a_list_longer_than_the_screen_scrolls_to_every_entry),
        cmocka_unit_test(digits_stand_before_the_entries_that_they_boot),
        cmocka_unit_test(titles_of_submenus_stand_before_those_of_their_entries),
        cmocka_unit_test(long_titles_and_control_characters_do_not_break_the_screen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
