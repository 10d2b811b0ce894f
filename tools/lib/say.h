// SPDX-License-Identifier: BSD-2-Clause
// Messages to the user, on standard error, one line each.
#pragma once

#include <stdio.h>

/* "whelk: …": what was done, or is to be done next. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "whelk: error: …": why something cannot be done. */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "whelk: warning: …": what may not be as the user wants it. */
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum say_kind { SAY_NOTE, SAY_ERROR, SAY_WARNING };

/* Prints a text in the colour of its kind, if the stream is a terminal that has colours. */
void say_coloured(FILE *out, enum say_kind kind, const char *text);
