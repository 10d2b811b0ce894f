// SPDX-License-Identifier: BSD-2-Clause
// Messages to the user, on standard error.
#pragma once

/* Prints one line, "whelk: …". */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Draws a progress bar over the last one, if there is a terminal; SAY_PROGRESS_END removes it. */
enum { SAY_PROGRESS_END = -1 };
void say_progress(int percent);
