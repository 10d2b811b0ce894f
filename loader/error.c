// SPDX-License-Identifier: BSD-2-Clause
// See error.h.
#include "loader/error.h"

#include <stdarg.h>
#include <string.h>
#include "loader/format.h"

bool fail(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_text_list(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return false;
}

bool fail_in(struct error *error, const char *format, ...)
{
    struct error below = *error;
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_list(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    if (length < sizeof error->message) {
        format_text(error->message + length, sizeof error->message - length, "%s", below.message);
    }
    return false;
}
