// SPDX-License-Identifier: BSD-2-Clause
// A screen of 25 rows that knows what it shows: a row that is drawn again costs what has changed.
// At 115200 baud a whole screen takes a fifth of a second.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCREEN_ROWS = 25,
    SCREEN_WIDTH = 76, /* columns, behind a margin of one; the last one would wrap */
};

/* Lays text up to its end out in cells, as much as fits: a character each, 0 behind one that is two
   columns wide, blanks for control characters. Leaves out as many columns at its start as skip
   says. Returns the number of cells, *text behind what they hold. */
size_t screen_cells(uint16_t *cells, size_t count, const char **text, const char *end, size_t skip);

/* The columns that a text takes, and how many at its start to leave out so that the place at a
   column is seen in a window. */
unsigned screen_columns(const char *text, const char *end);
unsigned screen_skip(unsigned column, unsigned width);

/* Writes cells at the cursor. */
void screen_put_cells(const uint16_t *cells, size_t count);

/* The first of count cells that differs; count: none. */
size_t screen_difference(const uint16_t *cells, const uint16_t *others, size_t count);

/* Clears the screen. The memory for what it shows is given back by screen_close(). */
void screen_open(void);
void screen_close(void);

/* Adds text to the row that is being made, as much as fits; returns what does not. */
const char *screen_add(const char *text);
const char *screen_add_part(const char *text, const char *end, size_t skip);

/* Shows this row, and begins the next one. */
void screen_show(unsigned row, bool inverse);

/* Where the cursor stands from now on; column from 0, behind the margin. */
void screen_cursor(unsigned row, unsigned column);
