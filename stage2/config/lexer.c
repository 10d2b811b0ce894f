// SPDX-License-Identifier: BSD-2-Clause
// The config's words: quotes, backslashes and variables.
#include "stage2/config/evaluator.h"

#include <string.h>

/* ---- Characters: carriage returns do not exist ----------------------------------------------- */

int peek(struct cursor *cursor)
{
    const struct bytes *text = &cursor->text;
    while (cursor->at < text->size && text->data[cursor->at] == '\r') {
        cursor->at++;
    }
    return cursor->at < text->size ? text->data[cursor->at] : NO_CHARACTER;
}

int take(struct cursor *cursor)
{
    int c = peek(cursor);
    if (c != NO_CHARACTER) {
        cursor->at++;
        cursor->line += c == '\n';
    }
    return c;
}

/* ---- Words ----------------------------------------------------------------------------------- */

/* Words are built at the end of the arena. Nothing else may be allocated until the last one is
   complete. */
char *run_words_end(const struct run *run)
{
    return (char *)run->arena->base + run->arena->used;
}

void run_put(struct run *run, int c)
{
    struct arena *arena = run->arena;
    run->word_open = true;
    if (run->discard) {
        return;
    }
    if (arena->used < arena->size) {
        arena->base[arena->used++] = (uint8_t)c;
    } else {
        run->full = true;
    }
}

void end_word(struct run *run)
{
    if (run->word_open) {
        run_put(run, 0);
        run->word_count++;
        run->word_open = false;
    }
}

void put_value(struct run *run, const char *value, bool quoted)
{
    while (*value != 0) {
        const char *rest = value;
        while (!quoted && is_blank(*rest)) {
            rest++;
        }
        if (rest == value) {
            run_put(run, *value++);
        } else {
            value = rest;
            if (*rest != 0) {
                end_word(run);
            }
        }
    }
}

/* Behind '$'. A lone one stands for itself; before a quote it asks for a translation. */
static bool read_variable(struct run *run, bool quoted)
{
    struct cursor *cursor = &run->cursor;
    int c = peek(cursor);
    if (c == '"' && !quoted) {
        return true;
    }
    uint32_t line = cursor->line;
    bool brace = c == '{';
    if (brace) {
        take(cursor);
        c = peek(cursor);
    }
    const char *name = (const char *)cursor->text.data + cursor->at;
    size_t length = 0; /* up to the last character taken: a carriage return may follow */
    bool is_number = is_digit(c);
    if (c == '?' || c == '#' || c == '*' || c == '@') {
        take(cursor);
        length = 1;
    }
    for (; is_number ? is_digit(c) : is_name_character(c); c = peek(cursor)) {
        take(cursor);
        length = (size_t)((const char *)cursor->text.data + cursor->at - name);
    }
    if (brace && (length == 0 || take(cursor) != '}')) {
        run->line = line;
        return run_fail(run, "'${' needs a variable's name and '}'");
    }
    if (length == 0) {
        run_put(run, '$');
    } else if (!run->discard && strchr("#*@", *name) != NULL) {
        const struct config_overlay *overlay = config_overlay(run->config, run->error);
        if (overlay == NULL) {
            return false;
        }
        overlay->put_arguments(run, *name, quoted);
    } else if (!run->discard) {
        const char *value = expansion(run, name, length);
        put_value(run, value != NULL ? value : "", quoted);
    }
    return true;
}

/* Behind a quote that was never closed. Each one behind a lost one opens that should close: the
   first that is open at the end of its line is the one to look at. */
static bool fail_unclosed(struct run *run, uint32_t line)
{
    run->line = run->first_long_quote != 0 ? run->first_long_quote : line;
    return run_fail(run, "a quote that begins here is never closed");
}

/* Behind the opening quote, up to behind the closing one. */
static bool read_quoted(struct run *run, int quote)
{
    struct cursor *cursor = &run->cursor;
    uint32_t line = cursor->line;
    run->word_open = true;
    for (int c = take(cursor); c != quote; c = take(cursor)) {
        if (c == NO_CHARACTER) {
            return fail_unclosed(run, line);
        }
        if (c == '\n' && run->first_long_quote == 0) {
            run->first_long_quote = line;
        }
        if (quote == '"' && c == '$') {
            if (!read_variable(run, true)) {
                return false;
            }
            continue;
        }
        if (quote == '"' && c == '\\') {
            int next = peek(cursor);
            if (next == '"' || next == '\\' || next == '$' || next == '\n') {
                c = take(cursor);
                if (c == '\n') {
                    continue;
                }
            }
        }
        run_put(run, c);
    }
    return true;
}

bool ends_word(int c)
{
    return c == NO_CHARACTER || is_blank(c) || strchr(";{}|&<>", c) != NULL;
}

/* Reads a word at the cursor: nothing, one word or several, as its expansions want. The raw text
   is for comparison with reserved words. */
bool read_word(struct run *run, struct bytes *raw)
{
    struct cursor *cursor = &run->cursor;
    *raw = (struct bytes){.data = cursor->text.data + cursor->at};
    while (!ends_word(peek(cursor))) {
        int c = take(cursor);
        bool escaped = c == '\\';
        if (escaped) {
            c = take(cursor);
        }
        if (!escaped && (c == '\'' || c == '"')) {
            if (!read_quoted(run, c)) {
                return false;
            }
        } else if (!escaped && c == '$') {
            if (!read_variable(run, false)) {
                return false;
            }
        } else if (!escaped || (c != '\n' && c != NO_CHARACTER)) {
            run_put(run, c);
        }
        raw->size = (size_t)(cursor->text.data + cursor->at - raw->data);
    }
    end_word(run);
    return true;
}
