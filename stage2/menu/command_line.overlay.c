// SPDX-License-Identifier: BSD-2-Clause
// The menu's command line: runs the config's commands, with history and completion.
#include <string.h>
#include "stage2/config/prompt.h"
#include "stage2/menu/parts.h"
#include "stage2/menu/screen.h"
#include "stage2/console/terminal.h"
#include "stage2/text/text_edit.h"

enum {
    WINDOW = 64, /* visible columns of the line */
    LINE_BYTES = 1024,
    HISTORY_BYTES = 2048,
};

/* Adjacent strings, each with its NUL, the latest first. */
struct menu_history {
    char lines[HISTORY_BYTES];
    size_t used;
};

/* ---- History --------------------------------------------------------------------------------- */

/* The index-th line, from 0, the latest; NULL: there is none. */
static const char *recall(const struct menu_history *history, size_t index)
{
    size_t at = 0;
    for (; index > 0 && at < history->used; index--) {
        at += strlen(history->lines + at) + 1;
    }
    return at < history->used ? history->lines + at : NULL;
}

/* Adds a line, unless it is empty or the latest one again. The oldest lines make room. */
static void remember(struct menu_history *history, const char *line)
{
    size_t size = strlen(line) + 1;
    if (size == 1 || size > HISTORY_BYTES ||
        (history->used > 0 && strcmp(history->lines, line) == 0)) {
        return;
    }
    size_t kept = history->used < HISTORY_BYTES - size ? history->used : HISTORY_BYTES - size;
    while (kept > 0 && history->lines[kept - 1] != 0) {
        kept--;
    }
    memmove(history->lines + size, history->lines, kept);
    memcpy(history->lines, line, size);
    history->used = kept + size;
}

/* ---- One line -------------------------------------------------------------------------------- */

/* The visible part of the line. The row is not known, since output scrolls. */
struct window {
    uint16_t cells[WINDOW];
    size_t count;
    size_t at; /* the cursor's cell */
};

/* Moves the cursor: left with backspaces, right by writing the cells again. */
static void window_move(struct window *window, size_t to)
{
    for (; window->at > to; window->at--) {
        terminal_put('\b');
    }
    if (to > window->at) {
        screen_put_cells(window->cells + window->at, to - window->at);
        window->at = to;
    }
}

static void window_show(struct window *window, const struct text_edit *edit)
{
    uint16_t cells[WINDOW];
    const char *text = edit->text;
    unsigned column = screen_columns(text, text + edit->cursor);
    unsigned skip = screen_skip(column, WINDOW);
    size_t count = screen_cells(cells, WINDOW, &text, text + edit->length, skip);
    size_t longer = count;
    for (; longer < window->count; longer++) {
        cells[longer] = ' ';
    }
    size_t both = count < window->count ? count : window->count;
    size_t first = screen_difference(cells, window->cells, both);
    if (first < longer) {
        window_move(window, first);
        memcpy(window->cells, cells, sizeof cells);
        window_move(window, longer);
    }
    window->count = count;
    window_move(window, column - skip);
}

/* Replaces the line by an older (direction -1) or newer one (1) of the history. *next counts from
   1, the latest; 0: a new line. */
static void go_through(struct text_edit *edit, const struct menu_history *history, size_t *next,
                       int direction)
{
    if (direction > 0 && *next == 0) {
        return;
    }
    size_t wanted = direction < 0 ? *next + 1 : *next - 1;
    const char *line = wanted > 0 ? recall(history, wanted - 1) : "";
    if (line != NULL) {
        edit->length = edit->cursor = 0;
        text_edit_insert(edit, line, strlen(line));
        *next = wanted;
    }
}

/* Completes the word before the cursor. Several candidates are listed, and a new line shows the
   prompt again. */
static void complete(struct text_edit *edit, struct config *config, struct window *window)
{
    struct arena scratch = {.base = config->arena->base + config->arena->used,
                            .size = config->arena->size - config->arena->used};
    struct config_completion completion;
    config_complete(config, (struct bytes){(const uint8_t *)edit->text, edit->cursor}, &scratch,
                    &completion);
    text_edit_insert(edit, completion.rest, strlen(completion.rest));
    if (completion.names != NULL) {
        window_move(window, window->count);
        terminal_put('\n');
        for (const struct listed_name *name = completion.names; name != NULL; name = name->next) {
            terminal_write(name->text);
            terminal_write(name->is_directory ? "/ " : " ");
        }
        terminal_write("\nwhelk> ");
        window->count = window->at = 0;
    }
}

bool menu_read_line(char *text, size_t size, struct config *config, struct menu_history *history)
{
    struct text_edit edit = {.text = text, .capacity = size - 1};
    struct window window = {.count = 0};
    size_t next = 0;
    for (;;) {
        window_show(&window, &edit);
        int key = terminal_wait();
        if (key == '\r' || key == KEY_ESCAPE) {
            window_move(&window, window.count);
            terminal_put('\n');
            text[edit.length] = 0;
            return key == '\r';
        }
        if (history != NULL && (key == KEY_UP || key == ('p' & KEY_CTRL))) {
            go_through(&edit, history, &next, -1);
        } else if (history != NULL && (key == KEY_DOWN || key == ('n' & KEY_CTRL))) {
            go_through(&edit, history, &next, 1);
        } else if (config != NULL && key == '\t') {
            complete(&edit, config, &window);
        } else {
            text_edit_key(&edit, key, false);
        }
    }
}

/* ---- The command line ------------------------------------------------------------------------ */

static void show_message(const char *message)
{
    terminal_write("whelk: ");
    terminal_write(message);
    terminal_put('\n');
}

bool menu_command_line(struct config *config, struct config_boot *boot, const char *message)
{
    static struct menu_history *history;
    static char *line;
    static struct config_prompt prompt;
    enum config_typed typed = CONFIG_TYPED_MORE;
    if (history == NULL) {
        history = ARENA_NEW(config->arena, struct menu_history);
        line = arena_allocate(config->arena, LINE_BYTES, 1);
    }
    if (history == NULL || line == NULL) {
        return false;
    }
    terminal_write(
        "The config's commands; help lists them. Tab: complete   Up: before   Esc: back\n");
    if (message != NULL) {
        show_message(message);
    }
    while (typed != CONFIG_TYPED_BOOT) {
        const struct config_warning *warning;
        struct error error;
        terminal_write("whelk> ");
        if (!menu_read_line(line, LINE_BYTES, config, history)) {
            return false;
        }
        remember(history, line);
        typed = config_type(config, &prompt, line, &warning, &error);
        for (; warning != NULL; warning = warning->next) {
            show_message(warning->text);
        }
        if (typed == CONFIG_TYPED_WRONG) {
            show_message(error.message);
        }
    }
    *boot = prompt.boot;
    memset(&prompt, 0, sizeof prompt);
    return true;
}
