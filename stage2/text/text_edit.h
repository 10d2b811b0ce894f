// SPDX-License-Identifier: BSD-2-Clause
// A text editor's keys, without its display. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct text_edit {
    char *text; /* UTF-8 without a NUL at its end */
    size_t length;
    size_t capacity;
    size_t cursor; /* bytes before the cursor */
};

/* Moves the cursor or changes the text: by the cursor keys or Emacs's (Control and a, b, d, e, f,
   h, k, n, p, u). Other characters are inserted if there is room, Enter only with several_lines.
   False: the key has no meaning. */
bool text_edit_key(struct text_edit *edit, int key, bool several_lines);

/* Inserts a text at the cursor. False: it does not fit, and nothing is inserted. */
bool text_edit_insert(struct text_edit *edit, const char *text, size_t length);

/* The start and the end ('\n' or the text's end) of the line with the byte at an offset. */
size_t text_edit_line_start(const struct text_edit *edit, size_t at);
size_t text_edit_line_end(const struct text_edit *edit, size_t at);
