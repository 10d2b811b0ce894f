// SPDX-License-Identifier: BSD-2-Clause
// See say.h.
#include "tools/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void say(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL;
    }
    va_end(arguments);
    fprintf(stderr, "whelk: %s\n", text != NULL ? text : "out of memory");
    free(text);
}
