// SPDX-License-Identifier: BSD-2-Clause
// Shows what takes longer than two seconds: what is done, for how long, and how far it is. Only on
// a terminal, on standard error; in a pipe or a file there is nothing.
#pragma once

/* Begins a piece of work ("writing the ISO"; the text stays in use), in place of the one before.
   The time goes on. */
void progress_begin(const char *what);

/* Says how far the piece of work is. */
void progress_percent(int percent);

/* Ends the work, and removes its line. */
void progress_end(void);

/* Removes the line until it is next drawn, because something else is printed. */
void progress_clear(void);
