// SPDX-License-Identifier: BSD-2-Clause
// The config's functions, their arguments, and texts that are read in as if they stood there.
#include "stage2/config/evaluator.h"

#include <string.h>
#include "loader/format.h"

bool define_function(struct run *run, const struct command *command)
{
    struct config_function *function = run_allocate(run, sizeof *function);
    if (function == NULL) {
        return false;
    }
    if (!command->has_block || command->count < 2) {
        return run_fail(run, "function needs a name and '{'");
    }
    function->next = run->config->functions;
    function->name = next_word(command->words);
    function->body = command->block;
    run->config->functions = function;
    run->keep = true;
    return true;
}

const struct config_function *find_function(const struct run *run, const char *name)
{
    const struct config_function *function = run->config->functions;
    while (function != NULL && strcmp(function->name, name) != 0) {
        function = function->next;
    }
    return function;
}

bool call_function(struct run *run, const struct command *command,
                   const struct config_function *function)
{
    struct frame *frame = push_frame(run, FRAME_CALL);
    if (frame == NULL) {
        return false;
    }
    frame->words = next_word(command->words);
    frame->count = command->count - 1;
    run->keep = true;
    run_enter(run, &function->body);
    return true;
}

void put_arguments(struct run *run, int which, bool quoted)
{
    const struct frame *call = find_call(run);
    if (call == NULL) {
        return;
    }
    if (which == '#') {
        char number[12];
        format_text(number, sizeof number, "%u", (unsigned)call->count);
        put_value(run, number, quoted);
        return;
    }
    const char *word = call->words;
    for (size_t i = 0; i < call->count; i++, word = next_word(word)) {
        if (i > 0 && quoted && which == '*') {
            run_put(run, ' ');
        } else if (i > 0) {
            end_word(run);
            run->word_open = quoted;
        }
        put_value(run, word, quoted);
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

bool run_return(struct run *run, const struct command *command)
{
    const struct frame *call = find_call(run);
    if (call == NULL || call->kind != FRAME_CALL) {
        run_warn(run, "return outside a function");
        return true;
    }
    run->failed = number_of(command, 0) != 0;
    run->cursor = call->back;
    while (run->top != call) {
        pop_frame(run);
    }
    pop_frame(run);
    return true;
}

bool run_shift(struct run *run, const struct command *command)
{
    struct frame *call = find_call(run);
    for (int i = number_of(command, 1); call != NULL && i > 0 && call->count > 0; i--) {
        call->words = next_word(call->words);
        call->count--;
    }
    return true;
}

bool run_set_parameters(struct run *run, const struct command *command)
{
    struct frame *call = find_call(run);
    if (call != NULL) {
        call->words = next_word(command->words);
        call->count = command->count - 1;
        run->keep = true;
    }
    return true;
}

/* Goes on in another text, and behind the command when that is done. */
static bool enter_source(struct run *run, const struct config_text *text)
{
    if (push_frame(run, FRAME_SOURCE) == NULL) {
        return false;
    }
    run_enter(run, text);
    return true;
}

bool run_source(struct run *run, const struct command *command)
{
    const struct config_platform *platform = find_platform(run);
    struct words words = words_of(command);
    struct config_text text = {.name = words.word, .line = 1};
    struct error error;
    if (words.count != 1 || !clean_path(run, &text.name)) {
        run_warn(run, "source needs a file's absolute name");
        run->failed = true;
        return true;
    }
    run->keep = true;
    if (platform->read == NULL) {
        return run_fail(run, "source is not supported here");
    }
    if (!platform->read(text.name, run->arena, &text.bytes, &error) ||
        !check_text(&text.bytes, &text.line, &error)) {
        run_warn(run, "%s: %s", text.name, error.message);
        run->failed = true;
        return true;
    }
    return enter_source(run, &text);
}

/* The words, with blanks between them, are commands. */
bool run_eval(struct run *run, const struct command *command)
{
    struct config_text text = {.name = run->cursor.name, .line = run->line};
    struct words words = words_of(command);
    char *start = (char *)(uintptr_t)words.word;
    size_t size = 0;
    while (words.count > 0) {
        size += strlen(take_word(&words));
        start[size++] = ' ';
    }
    text.bytes = (struct bytes){(const uint8_t *)start, size};
    run->keep = true;
    return enter_source(run, &text);
}
