// SPDX-License-Identifier: BSD-2-Clause
// The menu on 25 rows of 80 columns: a message, the list, which scrolls, and two lines of help.
// Plain text and the few ECMA-48 sequences of console.h: readable on VGA and on a serial terminal.
#include "stage2/menu.h"

#include <stdint.h>
#include <string.h>
#include "stage2/console.h"
#include "stage2/firmware.h"

enum {
    MESSAGE_ROW = 2,
    MESSAGE_ROWS = 4, /* 320 bytes of a struct error */
    LAST_ROW = 20,    /* of the list */
    HELP_ROW = 22,
    COUNTDOWN_ROW = 23,
    LINE_WIDTH = 76, /* bytes; with its margin it never reaches the last column, which would wrap */
    MAX_SECONDS = 1000000, /* in milliseconds it fits 32 bits */
    DIGIT_COUNT = 9,
    ESCAPE = 0x1b,
    REPEAT_MILLISECONDS = 1100, /* a keyboard repeats a key that is held after at most a second */
};

struct menu {
    const struct config *config;
    const char *message;
    size_t selected;
    size_t first;     /* entry in the list's first row */
    size_t rows;      /* of the list */
    unsigned top_row; /* of the list */
};

struct line {
    char text[LINE_WIDTH + 1];
    size_t length;
};

/* Appends as much as fits, in whole UTF-8 characters, without control characters. */
static const char *line_append(struct line *line, const char *text)
{
    while (*text != 0) {
        size_t size = 1;
        while (((unsigned char)text[size] & 0xc0) == 0x80) {
            size++;
        }
        if (size > LINE_WIDTH - line->length) {
            break;
        }
        for (; size > 0; size--, text++) {
            line->text[line->length] = *text;
            if ((unsigned char)*text < ' ') {
                line->text[line->length] = ' ';
            }
            line->length++;
        }
    }
    line->text[line->length] = 0;
    return text;
}

static void show_line(unsigned row, const struct line *line)
{
    console_move(row, 1);
    console_print("%-76s", line->text);
}

static void show_entry(const struct menu *menu, size_t index)
{
    const struct config_entry *entry = &menu->config->entries[index];
    struct line line = {.length = 0};
    char number[] = "   ";
    if (index < DIGIT_COUNT) {
        number[1] = (char)('1' + index);
    }
    line_append(&line, number);
    if (entry->menu->self.title != NULL) {
        line_append(&line, entry->menu->self.title);
        line_append(&line, " > ");
    }
    line_append(&line, entry->title);
    console_inverse(index == menu->selected);
    show_line(menu->top_row + (unsigned)(index - menu->first), &line);
    console_inverse(0);
}

static void show_text(unsigned row, const char *text)
{
    struct line line = {.length = 0};
    line_append(&line, text);
    show_line(row, &line);
}

static void show_all(struct menu *menu)
{
    const char *rest = menu->message;
    console_clear();
    show_text(0, "Whelk");
    menu->top_row = MESSAGE_ROW;
    for (int i = 0; rest != NULL && *rest != 0 && i < MESSAGE_ROWS; i++) {
        struct line line = {.length = 0};
        rest = line_append(&line, rest);
        show_line(menu->top_row++, &line);
    }
    menu->top_row += menu->message != NULL;
    menu->rows = LAST_ROW + 1 - menu->top_row;
    if (menu->selected < menu->first) {
        menu->first = menu->selected;
    } else if (menu->selected - menu->first >= menu->rows) {
        menu->first = menu->selected - menu->rows + 1;
    }
    size_t count = menu->config->entry_count;
    for (size_t i = menu->first; i < count && i - menu->first < menu->rows; i++) {
        show_entry(menu, i);
    }
    if (menu->first + menu->rows < count) {
        show_text(LAST_ROW + 1, "   ...");
    }
    show_text(HELP_ROW, "Up, down: choose   Enter or digit: boot   Esc: next boot device");
}

/* Moves the bar; the whole list only when it scrolls. */
static void select_entry(struct menu *menu, size_t index)
{
    size_t before = menu->selected;
    menu->selected = index;
    if (index < menu->first || index - menu->first >= menu->rows) {
        show_all(menu);
    } else {
        show_entry(menu, before);
        show_entry(menu, index);
    }
}

/* The entry that a character boots: by its hotkey, else by its digit; entry_count: none. */
static size_t entry_of_key(const struct config *config, int key)
{
    size_t index = 0;
    while (index < config->entry_count && config->entries[index].hotkey != key) {
        index++;
    }
    if (index < config->entry_count || key < '1' || key > '9') {
        return index;
    }
    index = (size_t)(key - '1');
    return index < config->entry_count ? index : config->entry_count;
}

/* What a key does to the list; true: *choice is made. */
static bool handle_key(struct menu *menu, int key, enum menu_choice *choice)
{
    size_t count = menu->config->entry_count;
    size_t index;
    *choice = key == ESCAPE ? MENU_LEAVE : MENU_BOOT;
    switch (key) {
    case ESCAPE:
    case '\r':
        return true;
    case KEY_UP:
        index = menu->selected - (menu->selected > 0);
        break;
    case KEY_DOWN:
        index = menu->selected + (menu->selected + 1 < count);
        break;
    case KEY_HOME:
        index = 0;
        break;
    case KEY_END:
        index = count - 1;
        break;
    default:
        index = entry_of_key(menu->config, key);
        if (index < count) {
            menu->selected = index;
            return true;
        }
        return false;
    }
    if (index != menu->selected) {
        select_entry(menu, index);
    }
    return false;
}

/* Counts down on the screen; KEY_NONE: time is up. */
static int count_down(int seconds)
{
    uint64_t start = firmware_milliseconds();
    uint32_t total = (uint32_t)(seconds < MAX_SECONDS ? seconds : MAX_SECONDS) * 1000;
    uint32_t shown = 0;
    for (;;) {
        uint64_t elapsed = firmware_milliseconds() - start;
        if (elapsed >= total) {
            return KEY_NONE;
        }
        uint32_t left = (total - (uint32_t)elapsed + 999) / 1000;
        if (left != shown) {
            shown = left;
            console_move(COUNTDOWN_ROW, 1);
            console_print("Boots in %u s; any key stops this.  ", left);
        }
        int key = console_key();
        if (key != KEY_NONE) {
            console_move(COUNTDOWN_ROW, 1);
            console_print("%40s", "");
            return key;
        }
        firmware_rest();
    }
}

static int wait_for_key(void)
{
    int key;
    while ((key = console_key()) == KEY_NONE) {
        firmware_rest();
    }
    return key;
}

/* Past Escape as long as it is held. */
static int wait_for_other_key(void)
{
    uint64_t last = firmware_milliseconds();
    while (firmware_milliseconds() - last < REPEAT_MILLISECONDS) {
        int key = console_key();
        if (key == ESCAPE) {
            last = firmware_milliseconds();
        } else if (key != KEY_NONE) {
            return key;
        }
        firmware_rest();
    }
    return wait_for_key();
}

static int first_key(int timeout_seconds)
{
    if (timeout_seconds == 0) {
        return wait_for_other_key();
    }
    return timeout_seconds > 0 ? count_down(timeout_seconds) : wait_for_key();
}

enum menu_choice menu_run(const struct config *config, size_t preselected, int timeout_seconds,
                          const char *message, size_t *chosen)
{
    struct menu menu = {.config = config, .message = message, .selected = preselected};
    enum menu_choice choice;
    show_all(&menu);
    int key = message == NULL ? first_key(timeout_seconds) : wait_for_key();
    /* A countdown that has run out is as good as Enter. */
    while (!handle_key(&menu, key != KEY_NONE ? key : '\r', &choice)) {
        key = wait_for_key();
    }
    *chosen = menu.selected;
    console_clear();
    return choice;
}
