// SPDX-License-Identifier: BSD-2-Clause
// The config's messages: errors, which end an evaluation, and warnings, which do not.
#include "stage2/config/evaluator.h"

#include <stdarg.h>
#include <string.h>
#include "loader/format.h"

enum {
    MAX_WARNINGS = 64, /* of a config: more than anybody reads */
    WARNING_SIZE = 160,
};

bool eval_fail(const struct evaluator *eval, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_text_list(eval->error->message, sizeof eval->error->message, format, arguments);
    va_end(arguments);
    return false;
}

bool eval_finish_error(const struct evaluator *eval)
{
    return fail_in(eval->error, "%.120s:%u: ", eval->cursor.name, eval->line);
}

bool eval_fail_full(const struct evaluator *eval)
{
    return eval_fail(eval, "no memory left for the config");
}

void *eval_allocate(const struct evaluator *eval, size_t size)
{
    void *block = arena_allocate(eval->arena, size, _Alignof(max_align_t));
    if (block == NULL) {
        eval_fail_full(eval);
    }
    return block;
}

void eval_warn(struct evaluator *eval, const char *format, ...)
{
    struct config_warning *warning = ARENA_NEW(eval->arena, struct config_warning);
    char *text = arena_allocate(eval->arena, WARNING_SIZE, 1);
    if (warning == NULL || text == NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    format_text_list(text, WARNING_SIZE, format, arguments);
    va_end(arguments);
    *warning = (struct config_warning){.name = eval->cursor.name, .line = eval->line, .text = text};
    eval->keep = true;
    eval->first_warning = eval->first_warning != NULL ? eval->first_warning : warning;
    struct config_warning **link = &eval->config->warnings;
    for (; *link != NULL; link = &(*link)->next) {
        if (strcmp((*link)->name, warning->name) != 0) {
            continue;
        }
        if ((*link)->line > eval->line) {
            break;
        }
        if ((*link)->line == eval->line && strcmp((*link)->text, text) == 0) {
            return;
        }
    }
    if (eval->config->warning_count < MAX_WARNINGS) {
        eval->config->warning_count++;
        warning->next = *link;
        *link = warning;
    }
}
