// SPDX-License-Identifier: BSD-2-Clause
// What keys do to a text that somebody edits. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct text_edit {
    char *text; /* no NUL behind it */
    size_t length;
    size_t capacity;
    size_t cursor; /* bytes before it */
};

/* Moves the cursor or changes the text, by the cursor keys or Emacs's (Control and a, b, d, e, f,
   h, k, n, p, u); other characters are inserted as long as there is room, Enter only if there may
   be several lines. False: the key means nothing here. */
bool text_edit_key(struct text_edit *edit, int key, bool several_lines);

/* Inserts a text, or nothing if it does not fit. */
bool text_edit_insert(struct text_edit *edit, const char *text, size_t length);

/* The start of the line in which a byte is, and its end, where '\n' is or the text ends. */
size_t text_edit_line_start(const struct text_edit *edit, size_t at);
size_t text_edit_line_end(const struct text_edit *edit, size_t at);
