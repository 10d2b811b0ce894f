// SPDX-License-Identifier: BSD-2-Clause
// The flow through a config: blocks, conditions and calls are frames of a bounded stack. Nothing
// recurses, so that a run could stop at any command and go on later.
#include "stage2/config/evaluator.h"

enum {
    MAX_DEPTH = 20,     /* frames: if inside submenu inside function … */
    MAX_STEPS = 200000, /* of one run: commands, and pieces of what they read and write */
    STEP_BYTES = 16,
};

void run_enter(struct run *run, const struct config_text *text)
{
    run->cursor = (struct cursor){.name = text->name, .text = text->bytes, .line = text->line};
}

struct frame *push_frame(struct run *run, enum frame_kind kind)
{
    if (run->depth == MAX_DEPTH) {
        run_fail(run, "nested too deep: more than %d levels", MAX_DEPTH);
        return NULL;
    }
    struct frame *frame = run_allocate(run, sizeof *frame);
    if (frame != NULL) {
        run->depth++;
        run->keep = true;
        frame->outer = run->top;
        frame->kind = (uint8_t)kind;
        frame->line = run->line;
        frame->back = run->cursor;
        run->top = frame;
    }
    return frame;
}

void pop_frame(struct run *run)
{
    run->depth--;
    run->top = run->top->outer;
}

bool fail_part(const struct run *run, const struct frame *frame)
{
    return run_fail(run, "a part of '%s' is missing or out of place",
                    frame != NULL && frame->kind == FRAME_LOOP ? "... do ... done"
                                                               : "if ... then ... fi");
}

/* Whether a part of an `if` may stand where its frame is. */
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

bool skip_line(struct run *run, const struct command *command)
{
    run_warn(run, "'%s' outside of 'if ... fi' and '... do ... done'", command->words);
    while (peek(&run->cursor) != '\n' && peek(&run->cursor) != NO_CHARACTER) {
        take(&run->cursor);
    }
    return true;
}

/* if, then, elif, else, fi. */
static bool run_keyword(struct run *run, const struct command *command)
{
    int keyword = command->keyword;
    if (keyword == KEYWORD_IF) {
        struct frame *frame = push_frame(run, FRAME_IF);
        if (frame != NULL && run->discard) {
            frame->state = STATE_SEEK_END;
        }
        return frame != NULL;
    }
    struct frame *frame = run->top;
    if (frame == NULL) {
        return skip_line(run, command);
    }
    if (!fits(frame, keyword)) {
        return fail_part(run, frame);
    }
    switch (keyword) {
    case KEYWORD_THEN:
        if (frame->state == STATE_CONDITION) {
            frame->state = run->failed ? STATE_SEEK_BRANCH : STATE_BRANCH;
        }
        break;
    case KEYWORD_FI:
        run->failed &= frame->state != STATE_SEEK_BRANCH; /* no branch, no failure */
        pop_frame(run);
        break;
    default:
        frame->has_else = keyword == KEYWORD_ELSE;
        frame->state = frame->state != STATE_SEEK_BRANCH ? STATE_SEEK_END
                       : frame->has_else                 ? STATE_BRANCH
                                                         : STATE_CONDITION;
    }
    return true;
}

/* At the end of a block: back to behind it. */
static bool end_frame(struct run *run, const struct frame *frame)
{
    if (frame->kind <= FRAME_LOOP) {
        run->line = frame->line;
        return fail_part(run, frame);
    }
    run->cursor = frame->back;
    pop_frame(run);
    const struct config_overlay *overlay =
        frame->kind == FRAME_SUBMENU ? config_overlay(run->config, run->error) : NULL;
    return overlay == NULL || overlay->end_submenu(run, frame);
}

bool run_rare_command(struct run *run, const struct command *command)
{
    const struct config_overlay *overlay = config_overlay(run->config, run->error);
    return overlay != NULL && overlay->command(run, command);
}

static bool run_step(struct run *run, const struct command *command)
{
    if (run->steps > MAX_STEPS) {
        return run_fail(run, "too many commands: a loop without an end?");
    }
    if (command->keyword >= KEYWORD_FUNCTION) {
        /* What is read past has loops of its own, which matter to a loop only. */
        bool passed =
            run->discard && (command->keyword == KEYWORD_FUNCTION || run->top->kind == FRAME_IF);
        return passed || run_rare_command(run, command);
    }
    if (command->keyword != NO_KEYWORD) {
        return run_keyword(run, command);
    }
    if (run->discard) {
        return true;
    }
    if (command->stray != 0) {
        run_warn(run, "'%c' must be in quotes", command->stray);
        return true;
    }
    run->failed = false;
    bool fine = run_command(run, command);
    run->failed ^= command->negated;
    return fine;
}

bool run_commands(struct run *run)
{
    struct arena *arena = run->arena;
    while (!run->stopped) {
        struct command command;
        size_t mark = arena->used;
        const struct frame *top = run->top;
        run->discard = top != NULL && top->state >= STATE_SEEK_BRANCH;
        run->keep = false;
        size_t start = run->cursor.at;
        switch (run_pull(run, &command)) {
        case PULLED_NOTHING:
            return false;
        case PULLED_END:
            if (top == NULL || !end_frame(run, top)) {
                return top == NULL;
            }
            break;
        case PULLED_COMMAND:
            run->steps += 1 + (run->cursor.at - start + arena->used - mark) / STEP_BYTES;
            if (!run_step(run, &command)) {
                return false;
            }
            if (!run->keep) {
                arena->used = mark;
            }
        }
    }
    return true;
}
