// SPDX-License-Identifier: BSD-2-Clause
// The flow through a config: blocks, conditions and calls are frames of a bounded stack. Nothing
// recurses, so that a run could stop at any command and go on later.
#include "stage2/config_run.h"

enum {
    MAX_DEPTH = 20,     /* frames: if inside submenu inside function … */
    MAX_STEPS = 200000, /* commands of one run: more than CONFIG_MAX_BYTES holds */
};

/* Puts the cursor to the start of a text. */
void run_enter(struct run *run, struct bytes text, uint32_t line)
{
    run->cursor = (struct cursor){.text = text, .line = line};
}

/* NULL with the error set: too many, or no memory. */
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

static bool fail_if(const struct run *run)
{
    return run_fail(run, "a part of 'if ... then ... fi' is missing or out of place");
}

/* Whether a part of an `if` may stand where its frame is. */
static bool fits(const struct frame *frame, int keyword)
{
    if (frame->kind != FRAME_IF) {
        return false;
    }
    if (keyword == KEYWORD_THEN) {
        return frame->state != IF_BRANCH;
    }
    return frame->state != IF_CONDITION && (!frame->has_else || keyword == KEYWORD_FI);
}

/* if, then, elif, else, fi. */
static bool run_keyword(struct run *run, int keyword)
{
    if (keyword == KEYWORD_IF) {
        struct frame *frame = push_frame(run, FRAME_IF);
        if (frame != NULL && run->discard) {
            frame->state = IF_SEEK_END;
        }
        return frame != NULL;
    }
    if (keyword > KEYWORD_FI) {
        return run->discard || run_fail(run, "loops are not supported yet");
    }
    struct frame *frame = run->top;
    if (frame == NULL || !fits(frame, keyword)) {
        return fail_if(run);
    }
    switch (keyword) {
    case KEYWORD_THEN:
        if (frame->state == IF_CONDITION) {
            frame->state = run->failed ? IF_SEEK_BRANCH : IF_BRANCH;
        }
        break;
    case KEYWORD_FI:
        pop_frame(run);
        break;
    default:
        frame->has_else = keyword == KEYWORD_ELSE;
        frame->state = frame->state != IF_SEEK_BRANCH ? IF_SEEK_END
                       : frame->has_else              ? IF_BRANCH
                                                      : IF_CONDITION;
    }
    return true;
}

/* At the end of a block: back to behind it. */
static bool end_frame(struct run *run, const struct frame *frame)
{
    if (frame->kind == FRAME_IF) {
        run->line = frame->line;
        return fail_if(run);
    }
    run->cursor = frame->back;
    pop_frame(run);
    return frame->kind != FRAME_SUBMENU || end_submenu(run, frame);
}

static bool run_step(struct run *run, const struct command *command)
{
    if (++run->steps > MAX_STEPS) {
        return run_fail(run, "more than %d commands: is this a loop?", MAX_STEPS);
    }
    if (command->keyword == KEYWORD_FUNCTION) {
        return run->discard || define_function(run, command);
    }
    if (command->keyword != NO_KEYWORD) {
        return run_keyword(run, command->keyword);
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

/* Executes up to the end of the text or a command that stops. */
bool run_commands(struct run *run)
{
    struct arena *arena = run->arena;
    while (!run->stopped) {
        struct command command;
        size_t mark = arena->used;
        const struct frame *top = run->top;
        run->discard = top != NULL && top->kind == FRAME_IF && top->state >= IF_SEEK_BRANCH;
        run->keep = false;
        switch (run_pull(run, &command)) {
        case PULLED_NOTHING:
            return false;
        case PULLED_END:
            if (top == NULL || !end_frame(run, top)) {
                return top == NULL;
            }
            break;
        case PULLED_COMMAND:
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
