// SPDX-License-Identifier: BSD-2-Clause
// See text_edit.h.
#include "stage2/text/text_edit.h"

#include <string.h>
#include "stage2/text/keys.h"
#include "stage2/text/utf8.h"

enum { PAGE_LINES = 10 };

size_t text_edit_line_start(const struct text_edit *edit, size_t at)
{
    while (at > 0 && edit->text[at - 1] != '\n') {
        at--;
    }
    return at;
}

size_t text_edit_line_end(const struct text_edit *edit, size_t at)
{
    while (at < edit->length && edit->text[at] != '\n') {
        at++;
    }
    return at;
}

bool text_edit_insert(struct text_edit *edit, const char *text, size_t length)
{
    if (length > edit->capacity - edit->length) {
        return false;
    }
    char *at = edit->text + edit->cursor;
    memmove(at + length, at, edit->length - edit->cursor);
    memcpy(at, text, length);
    edit->length += length;
    edit->cursor += length;
    return true;
}

/* Removes the text between the cursor and another offset. */
static void remove_to(struct text_edit *edit, size_t other)
{
    size_t start = other < edit->cursor ? other : edit->cursor;
    size_t end = other < edit->cursor ? edit->cursor : other;
    memmove(edit->text + start, edit->text + end, edit->length - end);
    edit->length -= end - start;
    edit->cursor = start;
}

/* The offset of the character before the cursor. */
static size_t previous(const struct text_edit *edit)
{
    size_t at = edit->cursor;
    while (at > 0 && utf8_is_inside(edit->text[--at])) {
    }
    return at;
}

/* The offset after the character at the cursor. */
static size_t following(const struct text_edit *edit)
{
    size_t at = edit->cursor + (edit->cursor < edit->length);
    while (at < edit->length && utf8_is_inside(edit->text[at])) {
        at++;
    }
    return at;
}

/* Moves the cursor up (-1) or down (1) a line, to the same column if the line is long enough. */
static void step_line(struct text_edit *edit, int direction)
{
    size_t start = text_edit_line_start(edit, edit->cursor);
    size_t end = text_edit_line_end(edit, edit->cursor);
    if (direction < 0 ? start == 0 : end == edit->length) {
        return;
    }
    size_t column = 0;
    for (size_t at = start; at < edit->cursor; at++) {
        column += !utf8_is_inside(edit->text[at]);
    }
    edit->cursor = direction < 0 ? text_edit_line_start(edit, start - 1) : end + 1;
    end = text_edit_line_end(edit, edit->cursor);
    for (; column > 0 && edit->cursor < end; column--) {
        edit->cursor = following(edit);
    }
}

static void step_lines(struct text_edit *edit, int direction, unsigned count)
{
    for (; count > 0; count--) {
        step_line(edit, direction);
    }
}

/* Removes the rest of the line or, at its end, the newline. */
static void cut_line(struct text_edit *edit)
{
    size_t end = text_edit_line_end(edit, edit->cursor);
    remove_to(edit, end + (end == edit->cursor && end < edit->length));
}

static bool insert_key(struct text_edit *edit, int key, bool several_lines)
{
    char character = key == '\r' ? '\n' : (char)key;
    if (key >= KEY_SCAN || (key < ' ' && (key != '\r' || !several_lines))) {
        return false;
    }
    text_edit_insert(edit, &character, 1);
    return true;
}

bool text_edit_key(struct text_edit *edit, int key, bool several_lines)
{
    switch (key) {
    case KEY_LEFT:
    case 'b' & KEY_CTRL:
        edit->cursor = previous(edit);
        return true;
    case KEY_RIGHT:
    case 'f' & KEY_CTRL:
        edit->cursor = following(edit);
        return true;
    case KEY_HOME:
    case 'a' & KEY_CTRL:
        edit->cursor = text_edit_line_start(edit, edit->cursor);
        return true;
    case KEY_END:
    case 'e' & KEY_CTRL:
        edit->cursor = text_edit_line_end(edit, edit->cursor);
        return true;
    case KEY_UP:
    case 'p' & KEY_CTRL:
        step_lines(edit, -1, 1);
        return true;
    case KEY_DOWN:
    case 'n' & KEY_CTRL:
        step_lines(edit, 1, 1);
        return true;
    case KEY_PAGE_UP:
        step_lines(edit, -1, PAGE_LINES);
        return true;
    case KEY_PAGE_DOWN:
        step_lines(edit, 1, PAGE_LINES);
        return true;
    case '\b': /* Backspace, Control-h */
    case KEY_RUBOUT:
        remove_to(edit, previous(edit));
        return true;
    case KEY_DELETE:
    case 'd' & KEY_CTRL:
        remove_to(edit, following(edit));
        return true;
    case 'k' & KEY_CTRL:
        cut_line(edit);
        return true;
    case 'u' & KEY_CTRL:
        remove_to(edit, text_edit_line_start(edit, edit->cursor));
        return true;
    default:
        return insert_key(edit, key, several_lines);
    }
}
