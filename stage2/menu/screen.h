// SPDX-License-Identifier: BSD-2-Clause
// A screen of 25 rows that remembers what it shows: only cells that change are written. At 115200
// baud a whole screen takes a fifth of a second.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCREEN_ROWS = 25,
    SCREEN_WIDTH = 76, /* columns, right of a margin of one column */
};

/* Converts UTF-8 text to at most count cells, without its first skip columns. A cell is a
   character; a character of two columns is followed by a cell 0; control characters become blanks.
   Returns the number of cells; *text is the first character that did not fit, or end. */
size_t screen_cells(uint16_t *cells, size_t count, const char **text, const char *end, size_t skip);

/* The number of columns that a text takes. */
unsigned screen_columns(const char *text, const char *end);

/* How many columns to skip so that a column is inside a window of width columns. */
unsigned screen_skip(unsigned column, unsigned width);

/* Writes cells at the cursor. */
void screen_put_cells(const uint16_t *cells, size_t count);

/* The index of the first cell that differs; count: none. */
size_t screen_difference(const uint16_t *cells, const uint16_t *others, size_t count);

/* Clears the screen. Its memory is staging memory (disc.h), which screen_close() frees. */
void screen_open(void);
void screen_close(void);

/* Adds text to the next row, as much as fits; returns the rest. skip: columns to leave out. */
const char *screen_add(const char *text);
const char *screen_add_part(const char *text, const char *end, size_t skip);

/* Shows the added text as this row (from 0), and begins an empty row. */
void screen_show(unsigned row, bool inverse);

/* Moves the cursor; column from 0, right of the margin. */
void screen_cursor(unsigned row, unsigned column);
