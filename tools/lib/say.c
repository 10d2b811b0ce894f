// SPDX-License-Identifier: BSD-2-Clause
// See say.h.
#include "tools/lib/say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* True if messages may be coloured; NO_COLOR is explained at no-color.org. */
static bool has_colours(void)
{
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && (no_colour == NULL || no_colour[0] == '\0') &&
           terminal != NULL && strcmp(terminal, "dumb") != 0;
}

void say(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL;
    }
    va_end(arguments);
    fprintf(stderr, has_colours() ? "\033[1mwhelk:\033[m %s\n" : "whelk: %s\n",
            text != NULL ? text : "out of memory");
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
