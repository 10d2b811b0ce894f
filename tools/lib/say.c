// SPDX-License-Identifier: BSD-2-Clause
// See say.h.
#include "tools/lib/say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/progress.h"

/* ECMA-48's "select graphic rendition", in the colours of compilers. */
static const struct {
    const char *label, *colour;
} kinds[] = {
    [SAY_NOTE] = {"", ""},
    [SAY_ERROR] = {"error:", "\033[1;31m"},
    [SAY_WARNING] = {"warning:", "\033[1;35m"},
};
#define BOLD  "\033[1m"
#define PLAIN "\033[m"

/* True if what goes to a stream may be coloured; NO_COLOR is explained at no-color.org. */
static bool has_colours(FILE *stream)
{
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(fileno(stream)) && (no_colour == NULL || no_colour[0] == '\0') &&
           terminal != NULL && strcmp(terminal, "dumb") != 0;
}

void say_coloured(FILE *out, enum say_kind kind, const char *text)
{
    progress_clear();
    if (has_colours(out)) {
        fprintf(out, "%s%s" PLAIN, kinds[kind].colour, text);
    } else {
        fputs(text, out);
    }
}

/* Prints a line in one piece, as other programs may write to the same terminal. */
static void say_line(enum say_kind kind, const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL;
    }
    const char *said = text != NULL ? text : "out of memory", *label = kinds[kind].label;
    const char *blank = label[0] != '\0' ? " " : "";
    progress_clear();
    if (has_colours(stderr)) {
        fprintf(stderr, BOLD "whelk:" PLAIN " %s%s" PLAIN "%s%s\n", kinds[kind].colour, label,
                blank, said);
    } else {
        fprintf(stderr, "whelk: %s%s%s\n", label, blank, said);
    }
    free(text);
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_line(SAY_NOTE, format, arguments);
    va_end(arguments);
}

void say_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_line(SAY_ERROR, format, arguments);
    va_end(arguments);
}

void say_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_line(SAY_WARNING, format, arguments);
    va_end(arguments);
}
