// SPDX-License-Identifier: BSD-2-Clause
// The end of a text that arrives in pieces: a serial port's. Pure.
#pragma once

#include <stddef.h>

enum { TEXT_BYTES = 16384 }; /* at least half of them are kept */

struct text {
    char bytes[TEXT_BYTES + 1]; /* ends with a NUL; NULs in it are kept as well */
    size_t length;
};

void text_add(struct text *text, const char *bytes, size_t length);

/* Where something (not empty) stands for the first time, NULL if nowhere. */
const char *text_find(const struct text *text, const char *wanted);

/* The last line that is not blank, at most size - 1 characters, with what cannot be printed as
   '.'; "" when there is none. */
void text_last_line(const struct text *text, char *line, size_t size);
