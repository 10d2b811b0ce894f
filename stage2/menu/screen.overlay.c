// SPDX-License-Identifier: BSD-2-Clause
// See screen.h.
#include "stage2/menu/screen.h"

#include <string.h>
#include "stage2/disc/staging.h"
#include "stage2/console/terminal.h"
#include "stage2/text/utf8.h"

enum { MARGIN = 1 };

struct row {
    uint16_t cells[SCREEN_WIDTH];
    bool inverse;
};

/* The rows as shown; NULL: no memory for them, and each row is written whole. */
static struct row *shown;
static size_t rows_mark;

static struct row next;
static size_t next_count;
static unsigned cursor_row, cursor_column;

size_t screen_cells(uint16_t *cells, size_t count, const char **text, const char *end, size_t skip)
{
    size_t made = 0;
    while (*text < end) {
        const char *start = *text;
        uint32_t character = utf8_take(text, end);
        unsigned width = utf8_width(character);
        if (skip > 0) {
            skip -= width < skip ? width : skip;
            continue;
        }
        if (width > count - made) {
            *text = start;
            break;
        }
        for (unsigned i = 0; i < width; i++) {
            uint16_t known = character <= UINT16_MAX ? (uint16_t)character : '?';
            cells[made++] = i > 0 ? 0 : known < ' ' || known == 0x7f ? ' ' : known;
        }
    }
    return made;
}

unsigned screen_columns(const char *text, const char *end)
{
    unsigned columns = 0;
    while (text < end) {
        columns += utf8_width(utf8_take(&text, end));
    }
    return columns;
}

unsigned screen_skip(unsigned column, unsigned width)
{
    unsigned skip = 0;
    while (column - skip >= width) {
        skip += width / 2;
    }
    return skip;
}

void screen_put_cells(const uint16_t *cells, size_t count)
{
    for (; count > 0; count--, cells++) {
        if (*cells != 0) {
            terminal_put(*cells);
        }
    }
}

size_t screen_difference(const uint16_t *cells, const uint16_t *others, size_t count)
{
    size_t at = 0;
    while (at < count && cells[at] == others[at]) {
        at++;
    }
    while (at > 0 && at < count && (cells[at] == 0 || others[at] == 0)) {
        at--; /* the right half of a character */
    }
    return at;
}

static void blank(struct row *row)
{
    for (size_t i = 0; i < SCREEN_WIDTH; i++) {
        row->cells[i] = ' ';
    }
    row->inverse = false;
}

void screen_open(void)
{
    rows_mark = staging_mark();
    shown = (struct row *)(void *)staging_allocate(SCREEN_ROWS * sizeof *shown);
    for (size_t i = 0; shown != NULL && i < SCREEN_ROWS; i++) {
        blank(&shown[i]);
    }
    blank(&next);
    next_count = 0;
    cursor_row = SCREEN_ROWS; /* unknown */
    terminal_clear();
}

void screen_close(void)
{
    staging_reset(rows_mark);
    terminal_clear();
}

const char *screen_add_part(const char *text, const char *end, size_t skip)
{
    next_count +=
        screen_cells(next.cells + next_count, SCREEN_WIDTH - next_count, &text, end, skip);
    return text;
}

const char *screen_add(const char *text)
{
    return screen_add_part(text, text + strlen(text), 0);
}

void screen_cursor(unsigned row, unsigned column)
{
    if (row != cursor_row || column != cursor_column) {
        terminal_move(row, MARGIN + column);
        cursor_row = row;
        cursor_column = column;
    }
}

void screen_show(unsigned row, bool inverse)
{
    size_t first = 0;
    size_t last = SCREEN_WIDTH;
    next.inverse = inverse;
    if (shown != NULL && shown[row].inverse == inverse) {
        first = screen_difference(next.cells, shown[row].cells, SCREEN_WIDTH);
        while (last > first && next.cells[last - 1] == shown[row].cells[last - 1]) {
            last--;
        }
    }
    if (first < last) {
        screen_cursor(row, (unsigned)first);
        if (inverse) {
            terminal_inverse(true);
        }
        screen_put_cells(next.cells + first, last - first);
        if (inverse) {
            terminal_inverse(false);
        }
        cursor_column = (unsigned)last;
    }
    if (shown != NULL) {
        shown[row] = next;
    }
    blank(&next);
    next_count = 0;
}
