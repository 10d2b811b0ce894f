// SPDX-License-Identifier: BSD-2-Clause
// The config's functions and their arguments; source and eval.
#include "stage2/config/evaluator.h"

#include <string.h>
#include "loader/format.h"

bool define_function(struct evaluator *eval, const struct command *command)
{
    struct config_function *function = eval_allocate(eval, sizeof *function);
    if (function == NULL) {
        return false;
    }
    if (!command->has_block || command->count < 2) {
        return eval_fail(eval, "function needs a name and '{'");
    }
    function->next = eval->config->functions;
    function->name = next_word(command->words);
    function->body = command->block;
    eval->config->functions = function;
    eval->keep = true;
    return true;
}

const struct config_function *find_function(const struct evaluator *eval, const char *name)
{
    const struct config_function *function = eval->config->functions;
    while (function != NULL && strcmp(function->name, name) != 0) {
        function = function->next;
    }
    return function;
}

bool call_function(struct evaluator *eval, const struct command *command,
                   const struct config_function *function)
{
    struct frame *frame = push_frame(eval, FRAME_CALL);
    if (frame == NULL) {
        return false;
    }
    frame->words = next_word(command->words);
    frame->count = command->count - 1;
    eval->keep = true;
    eval_enter(eval, &function->body);
    return true;
}

void put_arguments(struct evaluator *eval, int which, bool quoted)
{
    const struct frame *call = find_call(eval);
    if (call == NULL) {
        return;
    }
    if (which == '#') {
        char number[12];
        format_text(number, sizeof number, "%u", (unsigned)call->count);
        put_value(eval, number, quoted);
        return;
    }
    const char *word = call->words;
    for (size_t i = 0; i < call->count; i++, word = next_word(word)) {
        if (i > 0 && quoted && which == '*') {
            eval_put(eval, ' ');
        } else if (i > 0) {
            end_word(eval);
            if (quoted) {
                open_word(eval);
            }
        }
        put_value(eval, word, quoted);
    }
}

int number_of(const struct command *command, int otherwise)
{
    if (command->count > 1) {
        const char *word = next_word(command->words);
        parse_number(word, strlen(word), &otherwise);
    }
    return otherwise;
}

bool command_return(struct evaluator *eval, const struct command *command)
{
    const struct frame *call = find_call(eval);
    if (call == NULL || call->kind != FRAME_CALL) {
        eval_warn(eval, "return outside a function");
        eval->failed = true;
        return true;
    }
    eval->failed = number_of(command, 0) != 0;
    eval->cursor = call->back;
    while (eval->top != call) {
        pop_frame(eval);
    }
    pop_frame(eval);
    return true;
}

bool command_shift(struct evaluator *eval, const struct command *command)
{
    struct frame *call = find_call(eval);
    for (int i = number_of(command, 1); call != NULL && i > 0 && call->count > 0; i--) {
        call->words = next_word(call->words);
        call->count--;
    }
    return true;
}

bool command_set_parameters(struct evaluator *eval, const struct command *command)
{
    struct frame *call = find_call(eval);
    eval->failed = call == NULL;
    if (call != NULL) {
        call->words = next_word(command->words);
        call->count = command->count - 1;
        eval->keep = true;
    }
    return true;
}

/* Goes on in another text; its end returns to the command after this one. */
static bool enter_source(struct evaluator *eval, const struct config_text *text)
{
    if (push_frame(eval, FRAME_SOURCE) == NULL) {
        return false;
    }
    eval_enter(eval, text);
    return true;
}

/* Runs source or legacy_source. A missing file is a failure for the latter only, as in GRUB. */
bool command_source(struct evaluator *eval, const struct command *command)
{
    const struct config_platform *platform = find_queries(eval);
    bool is_legacy = strcmp(command->words, "legacy_source") == 0;
    struct words words = words_of(command);
    struct config_text text = {.name = words.word, .line = 1};
    struct error error;
    if (!clean_path(eval, &text.name)) {
        eval_warn(eval, "%s needs a file's absolute name", command->words);
        return true;
    }
    eval->keep = true;
    if (platform->read == NULL) {
        return eval_fail(eval, "source is not supported here");
    }
    if (!platform->read(text.name, eval->arena, &text.bytes, &error) ||
        !check_text(eval->config, &text.bytes, &text.line, &error)) {
        eval_warn(eval, "%s: %s", text.name, error.message);
        eval->failed = is_legacy;
        return true;
    }
    if (is_legacy && !config_from_legacy(&text.bytes, eval->arena)) {
        return eval_fail_full(eval);
    }
    return enter_source(eval, &text);
}

/* Evaluates its words, joined with blanks. */
bool command_eval(struct evaluator *eval, const struct command *command)
{
    struct config_text text = {.name = eval->cursor.name, .line = eval->line};
    struct words words = words_of(command);
    char *start = (char *)(uintptr_t)words.word;
    size_t size = 0;
    while (words.count > 0) {
        size += strlen(take_word(&words));
        start[size++] = ' ';
    }
    text.bytes = (struct bytes){(const uint8_t *)start, size};
    eval->keep = true;
    return enter_source(eval, &text);
}
