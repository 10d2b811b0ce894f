// SPDX-License-Identifier: BSD-2-Clause
// The menu's editor of an entry's lines, with GRUB's keys.
#include <string.h>
#include "stage2/config/prompt.h"
#include "stage2/disc/staging.h"
#include "stage2/menu/parts.h"
#include "stage2/menu/screen.h"
#include "stage2/console/terminal.h"
#include "stage2/text/text_edit.h"

enum { ROOM = 8 * 1024 }; /* bytes that the text may grow by */

struct editor {
    struct text_edit edit;
    const char *title;
    const char *message;
    size_t first_line; /* the text's line in the first row */
};

/* The number of the cursor's line, from 0. */
static size_t cursor_line(const struct text_edit *edit)
{
    size_t line = 0;
    for (size_t at = 0; at < edit->cursor; at++) {
        line += edit->text[at] == '\n';
    }
    return line;
}

/* Shows the line that starts at *at, without its first skip columns, and moves *at to the next
   line. After the end the row is blank. */
static void show_line(const struct text_edit *edit, unsigned row, size_t *at, size_t skip)
{
    if (*at <= edit->length) {
        size_t end = text_edit_line_end(edit, *at);
        screen_add_part(edit->text + *at, edit->text + end, skip);
        *at = end + 1;
    }
    screen_show(row, false);
}

static void draw(struct editor *editor)
{
    const struct text_edit *edit = &editor->edit;
    const char *start = edit->text + text_edit_line_start(edit, edit->cursor);
    size_t line = cursor_line(edit);
    screen_add("Whelk: edit ");
    screen_add(editor->title);
    screen_show(0, false);
    unsigned top_row = menu_show_message(editor->message);
    screen_show(top_row - 1, false);
    size_t rows = MENU_LAST_ROW + 1 - top_row;
    if (line < editor->first_line) {
        editor->first_line = line;
    } else if (line - editor->first_line >= rows) {
        editor->first_line = line - rows + 1;
    }
    unsigned column = screen_columns(start, edit->text + edit->cursor);
    unsigned skip = screen_skip(column, SCREEN_WIDTH);
    size_t at = 0;
    for (size_t i = 0; i < editor->first_line; i++) {
        at = text_edit_line_end(edit, at) + 1;
    }
    for (unsigned i = 0; i < rows; i++) {
        show_line(edit, top_row + i, &at, editor->first_line + i == line ? skip : 0);
    }
    screen_show(MENU_LAST_ROW + 1, false);
    screen_add("Ctrl-x or F10: boot   Tab: complete   Esc or Ctrl-c: back, as it was");
    screen_show(MENU_HELP_ROW, false);
    screen_cursor(top_row + (unsigned)(line - editor->first_line), column - skip);
}

/* Completes the word before the cursor. Several candidates are added to the countdown's row. */
static void complete(struct text_edit *edit, struct config *config)
{
    size_t start = text_edit_line_start(edit, edit->cursor);
    struct arena scratch = {.base = config->arena->base + config->arena->used,
                            .size = config->arena->size - config->arena->used};
    struct config_completion completion;
    config_complete(config,
                    (struct bytes){(const uint8_t *)edit->text + start, edit->cursor - start},
                    &scratch, &completion);
    text_edit_insert(edit, completion.rest, strlen(completion.rest));
    for (const struct listed_name *name = completion.names; name != NULL; name = name->next) {
        screen_add(name->text);
        screen_add(" ");
    }
}

/* Handles keys. True: boot the entry; false: give up the changes. */
static bool run(struct editor *editor, struct config *config)
{
    for (;;) {
        screen_show(MENU_COUNTDOWN_ROW, false);
        draw(editor);
        int key = terminal_wait();
        switch (key) {
        case 'x' & KEY_CTRL:
        case KEY_F10:
            return true;
        case 'c' & KEY_CTRL:
        case KEY_ESCAPE:
            return false;
        case '\t':
            complete(&editor->edit, config);
            break;
        default:
            text_edit_key(&editor->edit, key, true);
        }
    }
}

/* Copies an entry's lines to the editor, without carriage returns and without the rest of the line
   of its '{' if that is blank. A new entry has no text. */
static void load(struct text_edit *edit, struct config_text *body)
{
    if (body->bytes.size == 0) {
        return;
    }
    const uint8_t *at = body->bytes.data;
    const uint8_t *end = at + body->bytes.size;
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r')) {
        at++;
    }
    if (at < end && *at == '\n') {
        at++;
        body->line++;
    } else {
        at = body->bytes.data;
    }
    for (; at < end; at++) {
        if (*at != '\r') {
            edit->text[edit->length++] = (char)*at;
        }
    }
}

bool menu_edit(struct config *config, struct config_entry *entry, const char *message)
{
    size_t mark = staging_mark();
    struct editor editor = {.title = entry->title, .message = message};
    struct text_edit *edit = &editor.edit;
    edit->capacity = entry->body.bytes.size + ROOM;
    edit->text = (char *)staging_allocate(edit->capacity);
    if (edit->text == NULL) {
        return false;
    }
    load(edit, &entry->body);
    const char *text =
        run(&editor, config) ? arena_text(config->arena, edit->text, edit->length) : NULL;
    staging_reset(mark);
    if (text == NULL) {
        return false;
    }
    entry->body.bytes = (struct bytes){(const uint8_t *)text, edit->length};
    return true;
}
