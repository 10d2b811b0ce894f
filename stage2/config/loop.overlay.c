// SPDX-License-Identifier: BSD-2-Clause
// The config's loops.
#include "stage2/config/evaluator.h"

#include <string.h>

/* Begins "for NAME in WORDS …". */
static bool begin_for(struct evaluator *eval, const struct command *command, struct frame *frame)
{
    const char *name = next_word(command->words);
    const char *in = command->count > 2 ? next_word(name) : "";
    if (strcmp(in, "in") != 0) {
        return eval_fail(eval, "for needs a name, 'in' and words");
    }
    frame->name = name;
    frame->words = next_word(in);
    frame->count = command->count - 3;
    eval->failed &= frame->count > 0; /* no turn, no failure */
    return true;
}

static bool begin_loop(struct evaluator *eval, const struct command *command)
{
    struct frame *frame = push_frame(eval, FRAME_LOOP);
    if (frame == NULL) {
        return false;
    }
    frame->is_until = command->keyword == KEYWORD_UNTIL;
    if (eval->discard) {
        frame->state = STATE_SEEK_END;
        return true;
    }
    return command->keyword != KEYWORD_FOR || begin_for(eval, command, frame);
}

/* Runs `do`: begins the loop's next turn, with the next word of a for, or ends the loop. */
static bool begin_turn(struct evaluator *eval, struct frame *frame)
{
    bool more = eval->failed == frame->is_until;
    if (frame->name != NULL) {
        more = frame->count > 0;
    }
    frame->state = more ? STATE_BRANCH : STATE_SEEK_END;
    if (frame->name == NULL || !more) {
        return true;
    }
    const char *word = frame->words;
    frame->words = next_word(word);
    frame->count--;
    return set_variable(eval, frame->name, word);
}

bool command_loop(struct evaluator *eval, const struct command *command)
{
    struct frame *frame = eval->top;
    if (command->keyword < KEYWORD_DO) {
        return begin_loop(eval, command);
    }
    bool is_do = command->keyword == KEYWORD_DO;
    if (frame == NULL && command->keyword <= KEYWORD_DONE) {
        return skip_line(eval, command);
    }
    if (command->keyword > KEYWORD_DONE || frame == NULL || frame->kind != FRAME_LOOP ||
        (frame->state < STATE_SEEK_BRANCH && is_do != (frame->state == STATE_CONDITION))) {
        return fail_part(eval, frame);
    }
    if (is_do) {
        return frame->state != STATE_CONDITION || begin_turn(eval, frame);
    }
    if (frame->state == STATE_SEEK_END) {
        pop_frame(eval);
    } else {
        frame->state = STATE_CONDITION;
        eval->cursor = frame->back;
        const struct config_platform *platform = find_platform(eval);
        if (platform->interrupted != NULL && platform->interrupted()) {
            return eval_fail(eval, "a loop was interrupted by a key");
        }
    }
    return true;
}

static bool leave_loops(struct evaluator *eval, const struct command *command,
                        enum frame_state state)
{
    int loops = number_of(command, 1);
    struct frame *last = NULL;
    for (struct frame *frame = eval->top; frame != NULL && frame->kind <= FRAME_LOOP && loops > 0;
         frame = frame->outer) {
        if (frame->kind == FRAME_LOOP) {
            loops--;
            last = frame;
        }
    }
    /* Skip the rest of every block up to that loop. */
    for (struct frame *frame = eval->top; last != NULL; frame = frame->outer) {
        frame->state = (uint8_t)(frame == last ? state : STATE_SEEK_END);
        last = frame == last ? NULL : last;
    }
    return true;
}

bool command_break(struct evaluator *eval, const struct command *command)
{
    return leave_loops(eval, command, STATE_SEEK_END);
}

bool command_continue(struct evaluator *eval, const struct command *command)
{
    return leave_loops(eval, command, STATE_SEEK_TURN);
}
