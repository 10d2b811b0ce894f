// SPDX-License-Identifier: BSD-2-Clause
// Words of a command line that a user may copy into a shell.
#pragma once

#include <limits.h>
#include <stdio.h>

enum { SHELL_WORD_BYTES = 4 * PATH_MAX + 3 }; /* each character of a path as '\'', and quotes */

/* Writes a word as a POSIX shell takes it for itself: as it is, or in single quotes. */
void shell_word_put(const char *word, FILE *out);

/* The same in the room that is given, which is returned. What does not fit is cut off. */
const char *shell_word(char room[SHELL_WORD_BYTES], const char *word);
