// SPDX-License-Identifier: BSD-2-Clause
// The config's messages: errors, which end a run, and warnings, which do not.
#include "stage2/config/evaluator.h"

#include <stdarg.h>
#include <string.h>
#include "loader/format.h"

enum {
    MAX_WARNINGS = 64, /* what a person would read at most */
    WARNING_SIZE = 160,
};

bool run_fail(const struct run *run, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_text_list(run->error->message, sizeof run->error->message, format, arguments);
    va_end(arguments);
    return false;
}

bool run_finish_error(const struct run *run)
{
    return fail_in(run->error, "%.120s:%u: ", run->cursor.name, run->line);
}

bool run_fail_full(const struct run *run)
{
    return run_fail(run, "no memory left for the config");
}

void *run_allocate(const struct run *run, size_t size)
{
    void *block = arena_allocate(run->arena, size, _Alignof(max_align_t));
    if (block == NULL) {
        run_fail_full(run);
    }
    return block;
}

void run_warn(struct run *run, const char *format, ...)
{
    struct config_warning *warning = ARENA_NEW(run->arena, struct config_warning);
    char *text = arena_allocate(run->arena, WARNING_SIZE, 1);
    if (warning == NULL || text == NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    format_text_list(text, WARNING_SIZE, format, arguments);
    va_end(arguments);
    *warning = (struct config_warning){.name = run->cursor.name, .line = run->line, .text = text};
    run->keep = true;
    run->first_warning = run->first_warning != NULL ? run->first_warning : warning;
    struct config_warning **link = &run->config->warnings;
    for (; *link != NULL && ((*link)->name != warning->name || (*link)->line <= run->line);
         link = &(*link)->next) {
        if ((*link)->line == run->line && strcmp((*link)->text, text) == 0) {
            return;
        }
    }
    if (run->config->warning_count < MAX_WARNINGS) {
        run->config->warning_count++;
        warning->next = *link;
        *link = warning;
    }
}
