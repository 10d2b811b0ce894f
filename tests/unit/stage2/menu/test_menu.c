// SPDX-License-Identifier: BSD-2-Clause
// Tests the menu with a console that keeps its screen in memory: what is on the screen, and what
// each key chooses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "stage2/config/evaluator.h"
#include "stage2/console/console.h"
#include "stage2/disc/staging.h"
#include "stage2/firmware.h"
#include "stage2/menu/menu.h"
#include "stage2/console/serial.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

/* The menu is not pure code, so no test library has it. */
#include "stage2/menu/menu.overlay.c"        // NOLINT(bugprone-suspicious-include)
#include "stage2/menu/screen.overlay.c"      // NOLINT(bugprone-suspicious-include)
#include "stage2/console/terminal.overlay.c" // NOLINT(bugprone-suspicious-include)

enum { ROWS = 25, COLUMNS = 80, MAX_ENTRIES = 40, MAX_KEYS = 64, NO_ROW = -1 };

/* The screen, the keyboard and the clock. Characters beyond ASCII are shown as '~'. */
static char screen[ROWS][COLUMNS + 1];
static bool inverse[ROWS][COLUMNS];
static unsigned at_row, at_column;
static bool inverse_on;
static unsigned writes;
static int keys[MAX_KEYS];
static size_t key_count, key_at;
static uint64_t milliseconds, last_key_at;
static uint64_t key_delay; /* milliseconds before each key */
static bool clears_kept;   /* the screen is not cleared, so that tests can look at it */
static unsigned clears;
static uint64_t shift_at; /* the time from which Shift is held; 0: never */

bool firmware_screen_present(void)
{
    return true;
}

void firmware_screen_clear(void)
{
    clears++;
    at_row = at_column = 0;
    if (clears > 1 && clears_kept) {
        return;
    }
    for (size_t row = 0; row < ROWS; row++) {
        memset(screen[row], ' ', COLUMNS);
        screen[row][COLUMNS] = 0;
    }
    memset(inverse, 0, sizeof inverse);
}

void firmware_screen_move(unsigned row, unsigned column)
{
    assert_true(row < ROWS && column < COLUMNS);
    at_row = row;
    at_column = column;
}

void firmware_screen_inverse(int on)
{
    inverse_on = on != 0;
}

void firmware_screen_write(char character)
{
    writes++;
    if (character == '\b') {
        at_column--;
        return;
    }
    if (character == '\n') {
        at_row++;
        at_column = 0;
        return;
    }
    assert_true((unsigned char)character >= ' ');
    assert_true(at_column < COLUMNS - 1); /* a character in the last column would wrap */
    inverse[at_row][at_column] = inverse_on;
    screen[at_row][at_column++] = character;
}

void firmware_screen_put(uint32_t character)
{
    for (unsigned width = utf8_width(character); width > 0; width--) {
        firmware_screen_write('~');
    }
}

bool serial_present(void)
{
    return false;
}

void serial_write(char character)
{
    (void)character;
}

int serial_read(void)
{
    return -1;
}

/* Memory that is not zeroed. */
static uint8_t staging[64 * 1024];
static size_t staging_used;

uint8_t *staging_allocate(size_t length)
{
    assert_true(length <= sizeof staging - staging_used);
    staging_used += length;
    return memset(staging + staging_used - length, 0xee, length);
}

size_t staging_mark(void)
{
    return staging_used;
}

void staging_reset(size_t mark)
{
    staging_used = mark;
}

int firmware_key(void)
{
    if (milliseconds - last_key_at < key_delay) {
        return KEY_NONE;
    }
    if (key_at == key_count) {
        assert_true(milliseconds < 4000000); /* fails if the menu waits for ever */
        return KEY_NONE;
    }
    last_key_at = milliseconds;
    return keys[key_at++];
}

bool firmware_menu_key_held(void)
{
    return shift_at != 0 && milliseconds >= shift_at;
}

uint64_t firmware_milliseconds(void)
{
    return milliseconds;
}

void firmware_idle(void)
{
    milliseconds += 55;
}

/* Stand-ins for the editor and the command line; they boot if parts_boot is set. */
static bool parts_boot;
static char edited_title[64], part_message[64];
static unsigned edits, command_lines;

static void note(const char *message)
{
    snprintf(part_message, sizeof part_message, "%s", message != NULL ? message : "");
}

bool menu_edit(struct config *config, struct config_entry *entry, const char *message)
{
    (void)config;
    edits++;
    note(message);
    snprintf(edited_title, sizeof edited_title, "%s", entry->title);
    entry->body.bytes = (struct bytes){(const uint8_t *)"edited", 6};
    return parts_boot;
}

bool menu_command_line(struct config *config, struct config_boot *boot, const char *message)
{
    (void)config;
    command_lines++;
    note(message);
    *boot = (struct config_boot){.action = CONFIG_ACTION_HALT};
    return parts_boot;
}

/* The menu under test. */
static struct config_entry entries[MAX_ENTRIES];
static char titles[MAX_ENTRIES][32];
static struct config_scope scope;
static struct config_variable variable;
static struct config config;
static size_t chosen;

static void prepare(size_t count)
{
    memset(entries, 0, sizeof entries);
    config = (struct config){.entries = entries,
                             .entry_count = count,
                             .scope = &scope,
                             .environment.variables = "",
                             .environment.overlay = config_overlay_linked,
                             .top.item_count = (uint32_t)count};
    for (size_t i = 0; i < count; i++) {
        snprintf(titles[i], sizeof titles[i], "Entry %zu.", i);
        entries[i].title = titles[i];
        entries[i].id = "";
        entries[i].menu = &config.top;
        entries[i].position = (uint32_t)i;
        entries[i].body.bytes = (struct bytes){(const uint8_t *)"body", 4};
    }
    scope.variables = NULL;
    replaced.config = NULL;
    parts_boot = false;
    edits = command_lines = 0;
    writes = clears = 0;
    clears_kept = false;
    key_count = key_at = 0;
    key_delay = shift_at = 0;
    milliseconds = last_key_at = 1000;
    chosen = 999;
}

static void set(const char *name, const char *value)
{
    variable = (struct config_variable){.name = name, .value = value};
    scope.variables = &variable;
}

/* Puts the entries from first on into a submenu, which is the item after those before them. */
static void put_into_submenu(struct config_menu *submenu, struct config_menu *above, size_t first)
{
    *submenu = (struct config_menu){.next = config.menus, .first_entry = first};
    submenu->self = (struct config_entry){.title = "More",
                                          .id = "",
                                          .menu = above,
                                          .position = (uint32_t)(first - above->first_entry)};
    above->item_count = submenu->self.position + 1;
    config.menus = submenu;
    for (size_t i = first; i < config.entry_count; i++) {
        entries[i].menu = submenu;
        entries[i].position = submenu->item_count++;
    }
}

static void press(int key)
{
    keys[key_count++] = key;
}

static bool show(size_t preselected, int timeout, const char *message)
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
    assert_true(show(0, -1, NULL));
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
    assert_true(show(1, 0, NULL));
    assert_int_equal(chosen, 2);
}

static void escape_leaves_a_menu_that_a_key_opened_if_that_key_was_released(void **state)
{
    (void)state;
    prepare(3);
    key_delay = 1300;
    press(0x1b);
    assert_false(show(1, 0, NULL));
    prepare(3);
    press(KEY_DOWN);
    press(0x1b);
    assert_false(show(1, 0, NULL));
}

static void enter_boots_the_preselected_entry(void **state)
{
    (void)state;
    prepare(3);
    press('\r');
    assert_true(show(1, -1, NULL));
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

static void escape_leaves_a_menu(void **state)
{
    (void)state;
    prepare(3);
    press(KEY_DOWN);
    press(0x1b);
    assert_false(show(0, -1, NULL));
}

static void a_countdown_without_a_key_boots_in_its_time(void **state)
{
    (void)state;
    prepare(3);
    uint64_t start = milliseconds;
    assert_true(show(1, 5, NULL));
    assert_int_equal(chosen, 1);
    assert_true(milliseconds - start >= 5000 && milliseconds - start < 5100);
}

static void any_key_stops_the_countdown_and_has_its_own_effect(void **state)
{
    (void)state;
    prepare(3);
    key_delay = 2000;
    press(KEY_DOWN);
    press('x');
    press('\r');
    assert_true(show(0, 3, NULL));
    assert_int_equal(chosen, 1);
    assert_true(milliseconds >= 7000);
}

static void the_countdown_is_shown_and_vanishes_when_it_is_stopped(void **state)
{
    (void)state;
    prepare(3);
    clears_kept = true;
    assert_true(show(1, 5, NULL));
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
    assert_true(show(0, 1000000000, NULL));
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
    assert_true(row_of("Entry 30.") < row_of("Enter or digit"));
}

static void digits_stand_before_the_entries_that_they_boot(void **state)
{
    (void)state;
    prepare(12);
    clears_kept = true;
    press('\r');
    show(0, -1, NULL);
    assert_int_not_equal(row_of("*1 Entry 0."), NO_ROW);
    assert_int_not_equal(row_of(" 9 Entry 8."), NO_ROW);
    assert_int_not_equal(row_of("   Entry 9."), NO_ROW);
}

static void a_submenu_is_a_list_of_its_own_and_escape_goes_back(void **state)
{
    (void)state;
    static struct config_menu more, deeper;
    prepare(6);
    put_into_submenu(&more, &config.top, 2);
    put_into_submenu(&deeper, &more, 4);
    clears_kept = true;
    press(KEY_END);
    press('\r'); /* opens "More" */
    press('3');  /* opens the submenu in "More" */
    press(KEY_DOWN);
    press(KEY_ESCAPE);
    press(KEY_RIGHT);
    press('2');
    assert_chosen(5);
    assert_int_not_equal(row_of("Entry 4."), NO_ROW);
    assert_int_equal(row_of("Entry 0."), NO_ROW);
    prepare(6);
    put_into_submenu(&more, &config.top, 2);
    press('3');
    press(KEY_ESCAPE);
    press(KEY_UP);
    press('\r');
    assert_chosen(1);
}

static void the_default_is_marked_and_so_is_the_submenu_that_it_is_in(void **state)
{
    (void)state;
    static struct config_menu more;
    prepare(5);
    put_into_submenu(&more, &config.top, 2);
    set("default", "2>1");
    clears_kept = true;
    press('3');
    press('\r');
    assert_true(show(3, -1, NULL));
    assert_int_equal(chosen, 3);
    assert_int_not_equal(row_of("*2 Entry 3."), NO_ROW);
    prepare(5);
    put_into_submenu(&more, &config.top, 2);
    set("default", "2>1");
    clears_kept = true;
    press('1');
    assert_true(show(3, -1, NULL));
    int row = row_of("*3 More >");
    assert_int_not_equal(row, NO_ROW);
    assert_true(inverse[row][5]);
}

static void hidden_waits_without_a_menu_and_then_boots(void **state)
{
    (void)state;
    prepare(3);
    set("timeout_style", "hidden");
    press('x');
    assert_true(show(1, 5, NULL));
    assert_int_equal(chosen, 1);
    assert_int_equal(writes, 0);
    assert_true(milliseconds >= 6000 && milliseconds < 6200);
    assert_false(menu_was_used());
}

static void the_style_countdown_shows_the_seconds_only(void **state)
{
    (void)state;
    prepare(3);
    firmware_screen_clear();
    set("timeout_style", "countdown");
    assert_true(show(1, 12, NULL));
    assert_int_equal(chosen, 1);
    assert_string_equal(strtok(screen[0], "."), "Boots in 1 s; Esc: menu");
}

static void escape_f4_and_shift_show_a_hidden_menu(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        prepare(3);
        set("timeout_style", i == 0 ? "countdown" : "hidden");
        key_delay = 2000;
        if (i < 2) {
            press(i == 0 ? KEY_ESCAPE : KEY_F4);
        } else {
            shift_at = 2500;
        }
        press(KEY_DOWN);
        press('\r');
        assert_true(show(0, 5, NULL));
        assert_int_equal(chosen, 1);
        assert_true(menu_was_used());
    }
}

static void a_hotkey_boots_from_a_hidden_menu(void **state)
{
    (void)state;
    prepare(3);
    set("timeout_style", "hidden");
    entries[2].hotkey = 's';
    press('1'); /* digits choose only when the list is shown */
    press('s');
    assert_true(show(0, 5, NULL));
    assert_int_equal(chosen, 2);
    assert_int_equal(writes, 0);
    assert_true(menu_was_used());
}

static void page_keys_move_by_the_visible_part_of_the_list(void **state)
{
    (void)state;
    prepare(MAX_ENTRIES);
    press(KEY_PAGE_DOWN);
    press(KEY_PAGE_DOWN);
    press(KEY_PAGE_UP);
    press('\r');
    assert_chosen(19);
}

static void an_edited_entry_replaces_its_original_once(void **state)
{
    (void)state;
    prepare(3);
    parts_boot = true;
    press(KEY_DOWN);
    press('e');
    assert_chosen(1);
    assert_string_equal(edited_title, "Entry 1.");
    assert_memory_equal(entries[1].body.bytes.data, "edited", 6);
    assert_true(menu_was_used());
    parts_boot = false; /* the boot fails: the editor is shown again and left */
    press('3');
    assert_true(show(1, 5, "no such file"));
    assert_int_equal(edits, 2);
    assert_string_equal(part_message, "no such file");
    assert_int_equal(chosen, 2);
    assert_memory_equal(entries[1].body.bytes.data, "body", 4);
}

static void a_typed_boot_replaces_the_entry_once(void **state)
{
    (void)state;
    prepare(3);
    parts_boot = true;
    press('c');
    assert_chosen(0);
    assert_null(entries[0].body.bytes.data);
    assert_int_equal(config.immediate.action, CONFIG_ACTION_HALT);
    parts_boot = false;
    press('3');
    assert_true(show(0, 5, "no such file"));
    assert_int_equal(command_lines, 2);
    assert_string_equal(part_message, "no such file");
    assert_int_equal(chosen, 2);
    assert_memory_equal(entries[0].body.bytes.data, "body", 4);
    assert_int_equal(config.immediate.action, CONFIG_ACTION_BOOT);
}

static void a_config_without_a_menu_has_one_item(void **state)
{
    (void)state;
    static struct config_menu more;
    prepare(1);
    entries[0].body.bytes.data = NULL;
    put_into_submenu(&more, &config.top, 1);
    config.top.item_count = 7;
    press(KEY_END);
    press('2');
    press('\r');
    assert_chosen(0);
}

static void moving_the_bar_draws_two_rows(void **state)
{
    (void)state;
    prepare(3);
    press('\r');
    show(0, -1, NULL);
    unsigned without = writes;
    prepare(3);
    press(KEY_DOWN);
    press('\r');
    show(0, -1, NULL);
    assert_true(writes - without <= 2 * SCREEN_WIDTH);
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
    int row = row_of("~~~~");
    assert_int_not_equal(row, NO_ROW);
    assert_int_equal(strspn(screen[row] + 4, "~"), SCREEN_WIDTH - 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_escape_that_opened_the_menu_does_not_leave_it_while_it_is_held),
        cmocka_unit_test(escape_leaves_a_menu_that_a_key_opened_if_that_key_was_released),
        cmocka_unit_test(enter_boots_the_preselected_entry),
        cmocka_unit_test(arrows_move_by_one_and_stop_at_the_ends),
        cmocka_unit_test(home_and_end_go_to_the_first_and_last_entry),
        cmocka_unit_test(a_digit_boots_its_entry_and_one_without_an_entry_does_nothing),
        cmocka_unit_test(a_hotkey_boots_its_entry_even_if_it_is_a_digit),
        cmocka_unit_test(escape_leaves_a_menu),
        cmocka_unit_test(a_countdown_without_a_key_boots_in_its_time),
        cmocka_unit_test(any_key_stops_the_countdown_and_has_its_own_effect),
        cmocka_unit_test(the_countdown_is_shown_and_vanishes_when_it_is_stopped),
        cmocka_unit_test(the_longest_timeout_does_not_overflow),
        cmocka_unit_test(a_message_stands_above_the_list_and_stops_every_timeout),
        cmocka_unit_test(a_message_of_several_lines_is_shown_whole),
        cmocka_unit_test(the_selected_entry_is_inverse_and_no_other_row),
        cmocka_unit_test(a_list_longer_than_the_screen_scrolls_to_every_entry),
        cmocka_unit_test(digits_stand_before_the_entries_that_they_boot),
        cmocka_unit_test(a_submenu_is_a_list_of_its_own_and_escape_goes_back),
        cmocka_unit_test(the_default_is_marked_and_so_is_the_submenu_that_it_is_in),
        cmocka_unit_test(hidden_waits_without_a_menu_and_then_boots),
        cmocka_unit_test(the_style_countdown_shows_the_seconds_only),
        cmocka_unit_test(escape_f4_and_shift_show_a_hidden_menu),
        cmocka_unit_test(a_hotkey_boots_from_a_hidden_menu),
        cmocka_unit_test(page_keys_move_by_the_visible_part_of_the_list),
        cmocka_unit_test(an_edited_entry_replaces_its_original_once),
        cmocka_unit_test(a_typed_boot_replaces_the_entry_once),
        cmocka_unit_test(a_config_without_a_menu_has_one_item),
        cmocka_unit_test(moving_the_bar_draws_two_rows),
        cmocka_unit_test(long_titles_and_control_characters_do_not_break_the_screen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
