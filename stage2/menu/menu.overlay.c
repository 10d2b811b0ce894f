// SPDX-License-Identifier: BSD-2-Clause
// The menu on 25 rows of 80 columns: a message, a list that scrolls, and two rows of help. The keys
// are GRUB's. The menu works on a VGA screen and on a serial terminal.
#include "stage2/menu/menu.h"

#include <stdint.h>
#include <string.h>
#include "loader/format.h"
#include "stage2/config/prompt.h"
#include "stage2/firmware.h"
#include "stage2/menu/parts.h"
#include "stage2/menu/screen.h"
#include "stage2/console/terminal.h"

#define NO_ITEM UINT32_MAX

enum {
    MESSAGE_ROWS = 4,      /* for the 320 bytes of a struct error */
    MAX_SECONDS = 1000000, /* as milliseconds it fits 32 bits */
    DIGIT_COUNT = 9,
    MAX_JUDGED = 64,            /* entries that are looked into before the menu is shown */
    REPEAT_MILLISECONDS = 1100, /* a keyboard repeats a held key after a second at most */
};

struct menu {
    struct config *config;
    const struct config_menu *list; /* the menu that is shown */
    const char *message;
    size_t preselected;
    size_t default_entry;
    uint32_t count;    /* items in the list */
    uint32_t selected; /* the selected item */
    uint32_t first;    /* the item in the list's first row */
    uint32_t rows;     /* rows for the list */
    unsigned top_row;  /* the list's first row */
    uint64_t broken;   /* bits: entries that cannot boot */
};

/* The original of an entry that the user replaced by an edited one or by typed commands. */
static struct {
    const struct config *config; /* NULL: no entry is replaced */
    size_t index;
    bool was_edited; /* false: replaced by typed commands */
    struct config_entry entry;
    struct config_boot immediate;
} replaced;

static bool was_used;

bool menu_was_used(void)
{
    return was_used;
}

/* ---- The list's items ------------------------------------------------------------------------ */

/* The item at a position of the list; NULL: none. *submenu is NULL if the item is an entry. */
static const struct config_entry *item_at(const struct menu *menu, uint32_t position,
                                          const struct config_menu **submenu)
{
    const struct config *config = menu->config;
    *submenu = NULL;
    for (size_t i = 0; i < config->entry_count; i++) {
        if (config->entries[i].menu == menu->list && config->entries[i].position == position) {
            return &config->entries[i];
        }
    }
    const struct config_menu *below = config->menus;
    while (below != NULL && (below->self.menu != menu->list || below->self.position != position)) {
        below = below->next;
    }
    *submenu = below;
    return below != NULL ? &below->self : NULL;
}

/* The position of the list's item that is the index-th entry or a submenu around it, or NO_ITEM. */
static uint32_t item_with(const struct menu *menu, size_t index)
{
    const struct config_entry *item = &menu->config->entries[index];
    while (item->menu != menu->list && item->menu->self.menu != NULL) {
        item = &item->menu->self;
    }
    return item->menu == menu->list ? item->position : NO_ITEM;
}

static void enter_list(struct menu *menu, const struct config_menu *list)
{
    const struct config *config = menu->config;
    menu->list = list;
    menu->first = 0;
    /* A config that boots without a menu has one entry only, even if it has submenus. */
    menu->count = config->entries[0].body.bytes.data == NULL ? 1 : list->item_count;
    menu->selected = item_with(menu, menu->preselected);
    menu->selected = menu->selected < menu->count ? menu->selected : 0;
}

/* ---- The screen ------------------------------------------------------------------------------ */

unsigned menu_show_message(const char *message)
{
    unsigned row = MENU_MESSAGE_ROW;
    for (int i = 0; message != NULL && *message != 0 && i < MESSAGE_ROWS; i++) {
        message = screen_add(message);
        screen_show(row++, false);
    }
    return row + (row > MENU_MESSAGE_ROW);
}

static void add_item(const struct menu *menu, uint32_t position, bool is_default)
{
    const struct config_menu *submenu;
    const struct config_entry *item = item_at(menu, position, &submenu);
    char marks[] = "   ";
    if (is_default) {
        marks[0] = '*';
    }
    if (position < DIGIT_COUNT) {
        marks[1] = (char)('1' + position);
    }
    screen_add(marks);
    if (item != NULL) {
        screen_add(item->title);
        screen_add(submenu != NULL ? " >" : "");
        size_t index = submenu == NULL ? (size_t)(item - menu->config->entries) : MAX_JUDGED;
        bool is_broken = index < MAX_JUDGED && (menu->broken >> index & 1) != 0;
        screen_add(is_broken ? "  (cannot boot)" : "");
    }
}

static void draw(struct menu *menu)
{
    const char *title = menu->list->self.title;
    uint32_t default_item = item_with(menu, menu->default_entry);
    screen_add(title != NULL ? "Whelk: " : "Whelk");
    screen_add(title != NULL ? title : "");
    screen_show(0, false);
    menu->top_row = menu_show_message(menu->message);
    menu->rows = MENU_LAST_ROW + 1 - menu->top_row;
    if (menu->selected < menu->first) {
        menu->first = menu->selected;
    } else if (menu->selected - menu->first >= menu->rows) {
        menu->first = menu->selected - menu->rows + 1;
    }
    screen_add(menu->first > 0 ? "   ..." : "");
    screen_show(menu->top_row - 1, false);
    for (uint32_t i = 0; i < menu->rows; i++) {
        uint32_t position = menu->first + i;
        if (position < menu->count) {
            add_item(menu, position, position == default_item);
        }
        screen_show(menu->top_row + i, position == menu->selected);
    }
    screen_add(menu->first + menu->rows < menu->count ? "   ..." : "");
    screen_show(MENU_LAST_ROW + 1, false);
    screen_add("Enter or digit: boot   e: edit   c: command line   ");
    bool is_below = title != NULL || menu->config->outer != NULL;
    screen_add(is_below ? "Esc: back" : "Esc: next boot device");
    screen_show(MENU_HELP_ROW, false);
    screen_cursor(menu->top_row + menu->selected - menu->first, 0);
}

/* ---- What keys do ---------------------------------------------------------------------------- */

enum outcome { GO_ON, CHOSEN, LEAVE };

/* Chooses an entry, or shows a submenu. */
static enum outcome take_item(struct menu *menu, uint32_t position, size_t *chosen)
{
    const struct config_menu *submenu;
    const struct config_entry *item = item_at(menu, position, &submenu);
    if (submenu != NULL) {
        enter_list(menu, submenu);
        return GO_ON;
    }
    *chosen = (size_t)(item - menu->config->entries);
    return CHOSEN;
}

/* The item with a key as its hotkey or, else, as its digit; NO_ITEM: none. */
static uint32_t item_of_key(const struct menu *menu, int key)
{
    const struct config_menu *submenu;
    for (uint32_t i = 0; i < menu->count && key != KEY_NONE; i++) {
        const struct config_entry *item = item_at(menu, i, &submenu);
        if (item != NULL && item->hotkey == key) {
            return i;
        }
    }
    return key >= '1' && key <= '9' && (uint32_t)(key - '1') < menu->count ? (uint32_t)(key - '1')
                                                                           : NO_ITEM;
}

/* Replaces an entry by the user's own, which is then booted. */
static enum outcome replace(struct menu *menu, size_t index, bool was_edited,
                            const struct config_entry *entry, const struct config_boot *immediate)
{
    struct config *config = menu->config;
    replaced.config = config;
    replaced.index = index;
    replaced.was_edited = was_edited;
    replaced.entry = config->entries[index];
    replaced.immediate = config->immediate;
    config->entries[index] = *entry;
    config->immediate = *immediate;
    return CHOSEN;
}

static enum outcome edit(struct menu *menu, size_t index, struct config_entry entry)
{
    const struct config_boot immediate = menu->config->immediate;
    bool boots = menu_edit(menu->config, &entry, menu->message);
    return boots ? replace(menu, index, true, &entry, &immediate) : GO_ON;
}

static enum outcome type_commands(struct menu *menu, size_t *chosen)
{
    struct config_boot boot;
    screen_close();
    bool boots = menu_command_line(menu->config, &boot, menu->message);
    screen_open();
    if (!boots) {
        return GO_ON;
    }
    struct config_entry entry = menu->config->entries[*chosen];
    entry.body.bytes.data = NULL; /* the entry boots what config.immediate says */
    return replace(menu, *chosen, false, &entry, &boot);
}

static enum outcome edit_selected(struct menu *menu, size_t *chosen)
{
    const struct config_menu *submenu;
    const struct config_entry *item = item_at(menu, menu->selected, &submenu);
    if (item == NULL || submenu != NULL) {
        return GO_ON;
    }
    *chosen = (size_t)(item - menu->config->entries);
    return edit(menu, *chosen, *item);
}

static enum outcome go_up(struct menu *menu)
{
    const struct config_menu *list = menu->list;
    if (list->self.menu == NULL) {
        return LEAVE;
    }
    enter_list(menu, list->self.menu);
    menu->selected = list->self.position;
    return GO_ON;
}

/* Selects an item; a position outside the list counts as its first or last one. */
static enum outcome move(struct menu *menu, int64_t to)
{
    menu->selected = to < 0 ? 0 : to < menu->count ? (uint32_t)to : menu->count - 1;
    return GO_ON;
}

static enum outcome handle_key(struct menu *menu, int key, size_t *chosen)
{
    uint32_t item;
    switch (key) {
    case KEY_ESCAPE:
        return go_up(menu);
    case '\r':
    case KEY_RIGHT:
    case 'f' & KEY_CTRL:
        return take_item(menu, menu->selected, chosen);
    case KEY_UP:
    case 'p' & KEY_CTRL:
    case '^':
        return move(menu, (int64_t)menu->selected - 1);
    case KEY_DOWN:
    case 'n' & KEY_CTRL:
    case 'v':
        return move(menu, (int64_t)menu->selected + 1);
    case KEY_PAGE_UP:
        return move(menu, (int64_t)menu->selected - menu->rows);
    case KEY_PAGE_DOWN:
        return move(menu, (int64_t)menu->selected + menu->rows);
    case KEY_HOME:
    case 'a' & KEY_CTRL:
        return move(menu, 0);
    case KEY_END:
    case 'e' & KEY_CTRL:
        return move(menu, menu->count);
    case 'e':
        return edit_selected(menu, chosen);
    case 'c':
        *chosen = menu->preselected;
        return type_commands(menu, chosen);
    default:
        item = item_of_key(menu, key);
        return item != NO_ITEM ? take_item(menu, item, chosen) : GO_ON;
    }
}

/* ---- Waiting --------------------------------------------------------------------------------- */

struct countdown {
    uint64_t start;
    uint32_t total; /* milliseconds */
    uint32_t shown; /* seconds */
};

static struct countdown start_countdown(int seconds)
{
    uint32_t total = (uint32_t)(seconds < MAX_SECONDS ? seconds : MAX_SECONDS) * 1000;
    return (struct countdown){.start = firmware_milliseconds(), .total = total};
}

/* The seconds that are left, rounded up. *changed: the number differs from the last call's. */
static uint32_t seconds_left(struct countdown *countdown, bool *changed)
{
    uint64_t elapsed = firmware_milliseconds() - countdown->start;
    uint32_t left =
        elapsed < countdown->total ? (countdown->total - (uint32_t)elapsed + 999) / 1000 : 0;
    *changed = left != countdown->shown;
    countdown->shown = left;
    return left;
}

/* Shows a countdown and returns the first key; KEY_NONE: the time is up. */
static int count_down(int seconds)
{
    struct countdown countdown = start_countdown(seconds);
    char text[48];
    bool changed;
    for (uint32_t left; (left = seconds_left(&countdown, &changed)) > 0;) {
        if (changed) {
            format_text(text, sizeof text, "Boots in %u s; any key stops this.", left);
            screen_add(text);
            screen_show(MENU_COUNTDOWN_ROW, false);
        }
        int key = terminal_key();
        if (key != KEY_NONE) {
            screen_show(MENU_COUNTDOWN_ROW, false);
            return key;
        }
        firmware_idle();
    }
    return KEY_NONE;
}

/* Waits without a menu, as `timeout_style` hidden or countdown (shows_seconds) wants. Returns
   KEY_NONE: the time is up; KEY_ESCAPE: show the menu; else an item's hotkey. */
static int wait_hidden(const struct menu *menu, int seconds, bool shows_seconds)
{
    struct countdown countdown = start_countdown(seconds);
    char text[48];
    size_t length = 0;
    bool changed;
    for (uint32_t left; (left = seconds_left(&countdown, &changed)) > 0;) {
        if (changed && shows_seconds) {
            for (; length > 0; length--) {
                terminal_put('\b');
            }
            length = format_text(text, sizeof text, "Boots in %u s; Esc: menu. ", left);
            terminal_write(text);
        }
        int key = terminal_key();
        if (key == KEY_ESCAPE || key == KEY_F4 || firmware_menu_key_held()) {
            return KEY_ESCAPE;
        }
        if (key != KEY_NONE && (key < '0' || key > '9') && item_of_key(menu, key) != NO_ITEM) {
            return key;
        }
        firmware_idle();
    }
    terminal_write(shows_seconds ? "\n" : "");
    return KEY_NONE;
}

/* Returns the next key; ignores Escape as long as it is held. */
static int wait_for_other_key(void)
{
    uint64_t last = firmware_milliseconds();
    while (firmware_milliseconds() - last < REPEAT_MILLISECONDS) {
        int key = terminal_key();
        if (key == KEY_ESCAPE) {
            last = firmware_milliseconds();
        } else if (key != KEY_NONE) {
            return key;
        }
        firmware_idle();
    }
    return terminal_wait();
}

static int first_key(int timeout_seconds)
{
    if (timeout_seconds < 0) {
        return terminal_wait();
    }
    return timeout_seconds > 0 ? count_down(timeout_seconds) : wait_for_other_key();
}

/* ---- The whole ------------------------------------------------------------------------------- */

/* Restores an entry that the user had replaced. If booting the replacement failed, the user goes on
   with it in the editor or on the command line. */
static enum outcome restore(struct menu *menu, size_t *chosen)
{
    struct config *config = menu->config;
    if (replaced.config != config) {
        return GO_ON;
    }
    replaced.config = NULL;
    struct config_entry tried = config->entries[replaced.index];
    config->entries[replaced.index] = replaced.entry;
    config->immediate = replaced.immediate;
    *chosen = replaced.index;
    enum outcome outcome = menu->message == NULL ? GO_ON
                           : replaced.was_edited ? edit(menu, replaced.index, tried)
                                                 : type_commands(menu, chosen);
    menu->message = NULL;
    return outcome;
}

/* Finds the entries that cannot boot. */
static void judge(struct menu *menu)
{
    struct config *config = menu->config;
    for (size_t i = 0; i < config->entry_count && i < MAX_JUDGED; i++) {
        menu->broken |= (uint64_t)!config_could_boot(config, i) << i;
    }
}

static enum outcome run(struct menu *menu, int timeout_seconds, size_t *chosen)
{
    timeout_seconds = menu->message != NULL ? -1 : timeout_seconds;
    screen_open();
    enum outcome outcome = restore(menu, chosen);
    judge(menu);
    enter_list(menu, &menu->config->top);
    for (bool is_first = true; outcome == GO_ON; is_first = false) {
        draw(menu);
        int key = is_first ? first_key(timeout_seconds) : terminal_wait();
        if (key == KEY_NONE) {
            *chosen = menu->preselected;
            return CHOSEN;
        }
        was_used = true;
        outcome = handle_key(menu, key, chosen);
    }
    return outcome;
}

/* Waits before the menu is shown, if timeout_style says so. True: show the menu; a key sets
 *timeout_seconds to 0. False: boot *chosen. */
static bool wait_before(struct menu *menu, int *timeout_seconds, size_t *chosen)
{
    const char *style = config_variable(menu->config, "timeout_style");
    bool counts = style != NULL && strcmp(style, "countdown") == 0;
    if (style == NULL || (!counts && strcmp(style, "hidden") != 0) || *timeout_seconds <= 0 ||
        menu->message != NULL) {
        return true;
    }
    enter_list(menu, &menu->config->top);
    int key = wait_hidden(menu, *timeout_seconds, counts);
    *chosen = menu->preselected;
    if (key == KEY_NONE) {
        return false;
    }
    was_used = true;
    *timeout_seconds = 0; /* as if the key had been held all the time */
    return key == KEY_ESCAPE || take_item(menu, item_of_key(menu, key), chosen) != CHOSEN;
}

bool menu_run(struct config *config, size_t preselected, int timeout_seconds, const char *message,
              size_t *chosen)
{
    struct menu menu = {.config = config,
                        .message = message,
                        .preselected = preselected,
                        .default_entry = config_default(config)};
    was_used = false;
    if (!wait_before(&menu, &timeout_seconds, chosen)) {
        return true;
    }
    enum outcome outcome = run(&menu, timeout_seconds, chosen);
    screen_close();
    return outcome != LEAVE;
}
