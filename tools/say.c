// SPDX-License-Identifier: BSD-2-Clause
// See say.h.
#include "tools/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

void say_progress(int percent)
{
    static const char bar[] = "########################################";
    enum { BAR_WIDTH = sizeof bar - 1 };
    static int shown = SAY_PROGRESS_END;
    if (percent == shown || !isatty(STDERR_FILENO)) {
        return;
    }
    shown = percent;
    if (percent == SAY_PROGRESS_END) {
        fputs("\r\033[K", stderr);
    } else {
        fprintf(stderr, "\r[%-*.*s] %3d %%", BAR_WIDTH, percent * BAR_WIDTH / 100, bar, percent);
    }
}
