// SPDX-License-Identifier: BSD-2-Clause
// The end of a text that arrives in pieces, as from a serial port. Pure.
#pragma once

#include <stddef.h>

enum { TEXT_BYTES = 16384 }; /* at least half of them are kept */

struct text {
    char bytes[TEXT_BYTES + 1]; /* ends with a NUL; NULs in it are kept as well */
    size_t length;
};

void text_add(struct text *text, const char *bytes, size_t length);

/* Finds the first occurrence of a text that is not empty. NULL: there is none. */
const char *text_find(const struct text *text, const char *wanted);

/* Copies the last line that is not blank, or at most its last size - 1 characters; "" if there is
   none. '.' stands for what cannot be printed. */
void text_last_line(const struct text *text, char *line, size_t size);
