// SPDX-License-Identifier: BSD-2-Clause
// The config's names, numbers and variables.
#include "stage2/config/evaluator.h"

#include <string.h>

enum { MAX_NUMBER = 1000000000 }; /* larger ones count as this */

/* ---- Names and numbers ----------------------------------------------------------------------- */

int find_name(const char *list, const char *name, size_t length)
{
    for (int i = 0; *list != 0; i++) {
        size_t size = strlen(list);
        if (size == length && memcmp(list, name, length) == 0) {
            return i;
        }
        list += size + 1;
    }
    return -1;
}

int find_word(const char *list, const char *word)
{
    return find_name(list, word, strlen(word));
}

const char *next_word(const char *word)
{
    while (*word++ != 0) {
    }
    return word;
}

bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

bool is_name_character(int c)
{
    int lower = c | 0x20;
    return (lower >= 'a' && lower <= 'z') || is_digit(c) || c == '_';
}

bool is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

bool parse_number(const char *text, size_t length, int *value)
{
    const char *end = text + length;
    bool negative = length > 0 && *text == '-';
    text += negative;
    bool any = text < end;
    int number = 0;
    for (; text < end; text++) {
        if (!is_digit(*text)) {
            return false;
        }
        int digit = *text - '0';
        number = number >= MAX_NUMBER / 10 ? MAX_NUMBER : number * 10 + digit;
    }
    if (any) {
        *value = negative ? -number : number;
    }
    return any;
}

/* ---- Variables ------------------------------------------------------------------------------- */

struct config_variable *find_variable(const struct config_scope *scope, const char *name,
                                      size_t length)
{
    struct config_variable *variable = scope->variables;
    while (variable != NULL &&
           (strncmp(variable->name, name, length) != 0 || variable->name[length] != 0)) {
        variable = variable->next;
    }
    return variable;
}

/* Finds a variable in a scope and its parents; with only_exported, among those that are. */
static const struct config_variable *
find_visible(const struct config_scope *scope, bool only_exported, const char *name, size_t length)
{
    const struct config_variable *found = NULL;
    /* GRUB exports root itself; "(loop)" is an image (config/loopback). */
    bool is_exported = !only_exported || *name == '(' || find_name("root\0", name, length) == 0;
    for (; scope != NULL && (found == NULL || !is_exported); scope = scope->parent) {
        const struct config_variable *variable = find_variable(scope, name, length);
        found = found == NULL ? variable : found;
        is_exported |= variable != NULL && variable->is_exported;
    }
    return is_exported ? found : NULL;
}

const char *variable_value(const struct config *config, const struct config_scope *scope,
                           const char *name, size_t length)
{
    const struct config_variable *found = find_visible(scope, false, name, length);
    for (const struct config_environment *at = &config->environment;
         found == NULL && at->outer != NULL; at = &at->outer->environment) {
        found = find_visible(at->outer_scope, true, name, length);
    }
    if (found != NULL) {
        return found->value;
    }
    for (const char *preset = config->environment.variables; *preset != 0;
         preset = next_word(preset)) {
        if (strncmp(preset, name, length) == 0 && preset[length] == '=') {
            return preset + length + 1;
        }
    }
    /* GRUB sets feature_… variables for scripts that check for its features. */
    return length > 8 && memcmp(name, "feature_", 8) == 0 ? "y" : NULL;
}

struct frame *find_call(const struct evaluator *eval)
{
    struct frame *frame = eval->top;
    while (frame != NULL && frame->kind < FRAME_SUBMENU) {
        frame = frame->outer;
    }
    return frame;
}

/* The value of $1, $2, …; NULL for $0 and above the last argument. */
static const char *call_argument(const struct evaluator *eval, unsigned number)
{
    const struct frame *frame = find_call(eval);
    if (frame == NULL || number == 0 || number > frame->count) {
        return NULL;
    }
    const char *word = frame->words;
    while (--number != 0) {
        word = next_word(word);
    }
    return word;
}

const char *expansion(const struct evaluator *eval, const char *name, size_t length)
{
    if (*name == '?') {
        return eval->failed ? "1" : "0";
    }
    int number;
    if (parse_number(name, length, &number)) {
        return call_argument(eval, (unsigned)number);
    }
    return variable_value(eval->config, eval->scope, name, length);
}

bool set_variable(struct evaluator *eval, const char *name, const char *value)
{
    struct config_variable *variable = find_variable(eval->scope, name, strlen(name));
    if (variable == NULL) {
        variable = eval_allocate(eval, sizeof *variable);
        if (variable == NULL) {
            return false;
        }
        variable->name = name;
        variable->next = eval->scope->variables;
        eval->scope->variables = variable;
    }
    variable->value = value;
    variable->line = eval->line;
    eval->keep = true;
    return true;
}

bool export_variable(struct evaluator *eval, const char *name)
{
    size_t length = strlen(name);
    struct config_variable *variable = NULL;
    for (const struct config_scope *scope = eval->scope; scope != NULL && variable == NULL;
         scope = scope->parent) {
        variable = find_variable(scope, name, length);
    }
    if (variable != NULL) {
        variable->is_exported = true;
    }
    return true;
}

bool eval_open_scope(struct evaluator *eval, struct config_scope *parent)
{
    struct config_scope *scope = eval_allocate(eval, sizeof *scope);
    if (scope == NULL) {
        return false;
    }
    scope->parent = parent;
    eval->scope = scope;
    return true;
}
