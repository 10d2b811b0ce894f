// SPDX-License-Identifier: BSD-2-Clause
// Evaluates a config's commands one by one. Blocks, conditions and calls are frames on a stack of
// bounded depth; nothing recurses.
#include "stage2/config/evaluator.h"

enum {
    MAX_DEPTH = 20,     /* frames */
    MAX_STEPS = 200000, /* of one evaluation: a step is a command or STEP_BYTES of text or memory */
    STEP_BYTES = 16,
};

void eval_enter(struct evaluator *eval, const struct config_text *text)
{
    eval->cursor = (struct cursor){.name = text->name, .text = text->bytes, .line = text->line};
}

struct frame *push_frame(struct evaluator *eval, enum frame_kind kind)
{
    if (eval->depth == MAX_DEPTH) {
        eval_fail(eval, "nested too deep: more than %d levels", MAX_DEPTH);
        return NULL;
    }
    struct frame *frame = eval_allocate(eval, sizeof *frame);
    if (frame != NULL) {
        eval->depth++;
        eval->keep = true;
        frame->outer = eval->top;
        frame->kind = (uint8_t)kind;
        frame->line = eval->line;
        frame->back = eval->cursor;
        eval->top = frame;
    }
    return frame;
}

void pop_frame(struct evaluator *eval)
{
    eval->depth--;
    eval->top = eval->top->outer;
}

bool fail_part(const struct evaluator *eval, const struct frame *frame)
{
    return eval_fail(eval, "a part of '%s' is missing or out of place",
                     frame != NULL && frame->kind == FRAME_LOOP ? "... do ... done"
                                                                : "if ... then ... fi");
}

/* Whether a keyword of `if` may come next in a frame's block. */
static bool fits(const struct frame *frame, int keyword)
{
    if (frame->kind != FRAME_IF) {
        return false;
    }
    if (keyword == KEYWORD_THEN) {
        return frame->state != STATE_BRANCH;
    }
    return frame->state != STATE_CONDITION && (!frame->has_else || keyword == KEYWORD_FI);
}

bool skip_line(struct evaluator *eval, const struct command *command)
{
    eval_warn(eval, "'%s' outside of 'if ... fi' and '... do ... done'", command->words);
    while (peek(&eval->cursor) != '\n' && peek(&eval->cursor) != NO_CHARACTER) {
        take(&eval->cursor);
    }
    return true;
}

/* Runs if, then, elif, else or fi. */
static bool eval_keyword(struct evaluator *eval, const struct command *command)
{
    int keyword = command->keyword;
    if (keyword == KEYWORD_IF) {
        struct frame *frame = push_frame(eval, FRAME_IF);
        if (frame != NULL && eval->discard) {
            frame->state = STATE_SEEK_END;
        }
        return frame != NULL;
    }
    struct frame *frame = eval->top;
    if (frame == NULL) {
        return skip_line(eval, command);
    }
    if (!fits(frame, keyword)) {
        return fail_part(eval, frame);
    }
    switch (keyword) {
    case KEYWORD_THEN:
        if (frame->state == STATE_CONDITION) {
            frame->state = eval->failed ? STATE_SEEK_BRANCH : STATE_BRANCH;
        }
        break;
    case KEYWORD_FI:
        eval->failed &= frame->state != STATE_SEEK_BRANCH; /* no branch, no failure */
        pop_frame(eval);
        break;
    default:
        frame->has_else = keyword == KEYWORD_ELSE;
        frame->state = frame->state != STATE_SEEK_BRANCH ? STATE_SEEK_END
                       : frame->has_else                 ? STATE_BRANCH
                                                         : STATE_CONDITION;
    }
    return true;
}

/* Leaves a frame at the end of its text, and goes on after its command. */
static bool end_frame(struct evaluator *eval, const struct frame *frame)
{
    if (frame->kind <= FRAME_LOOP) {
        eval->line = frame->line;
        return fail_part(eval, frame);
    }
    eval->cursor = frame->back;
    pop_frame(eval);
    const struct config_overlay *overlay =
        frame->kind == FRAME_SUBMENU ? config_overlay(eval->config, eval->error) : NULL;
    return overlay == NULL || overlay->end_submenu(eval, frame);
}

bool eval_rare_command(struct evaluator *eval, const struct command *command)
{
    const struct config_overlay *overlay = config_overlay(eval->config, eval->error);
    return overlay != NULL && overlay->command(eval, command);
}

static bool eval_step(struct evaluator *eval, const struct command *command)
{
    if (eval->steps > MAX_STEPS) {
        return eval_fail(eval, "too many commands: a loop without an end?");
    }
    if (command->keyword >= KEYWORD_FUNCTION) {
        /* While skipping, nested loops only matter if the enclosing block is a loop. */
        bool passed =
            eval->discard && (command->keyword == KEYWORD_FUNCTION || eval->top->kind == FRAME_IF);
        return passed || eval_rare_command(eval, command);
    }
    if (command->keyword != NO_KEYWORD) {
        return eval_keyword(eval, command);
    }
    if (eval->discard) {
        return true;
    }
    if (command->stray != 0) {
        eval_warn(eval, "'%c' must be in quotes", command->stray);
        return true;
    }
    eval->failed = false;
    bool fine = eval_command(eval, command);
    eval->failed ^= command->negated;
    return fine;
}

bool eval_commands(struct evaluator *eval)
{
    struct arena *arena = eval->arena;
    while (!eval->stopped) {
        struct command command;
        size_t mark = arena->used;
        const struct frame *top = eval->top;
        eval->discard = top != NULL && top->state >= STATE_SEEK_BRANCH;
        eval->keep = false;
        size_t start = eval->cursor.at;
        switch (eval_pull(eval, &command)) {
        case PULLED_NOTHING:
            return false;
        case PULLED_END:
            if (top == NULL || !end_frame(eval, top)) {
                return top == NULL;
            }
            break;
        case PULLED_COMMAND:
            eval->steps += 1 + (eval->cursor.at - start + arena->used - mark) / STEP_BYTES;
            if (!eval_step(eval, &command)) {
                return false;
            }
            if (!eval->keep) {
                arena->used = mark;
            }
        }
    }
    return true;
}
