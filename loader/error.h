// SPDX-License-Identifier: BSD-2-Clause
// Errors are values: one line of text that says what and where, returned upwards to the one
// place that shows it.
#pragma once

#include <stdbool.h>

enum { ERROR_SIZE = 320 };

struct error {
    char message[ERROR_SIZE];
};

/* Formats the message (see format.h for the conversions) and returns false, so that a check
   reads `return fail(error, "…", …);`. What does not fit is cut at the end. */
bool fail(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* Puts text in front of a message that comes from a layer below ("file.cfg:3: " …); returns
   false like fail(). */
bool fail_in(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));
