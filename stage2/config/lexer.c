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

char *eval_words_end(const struct evaluator *eval)
{
    return (char *)eval->arena->base + eval->arena->used;
}

void open_word(struct evaluator *eval)
{
    if (!eval->word_open) {
        eval->word_open = true;
        eval->word_start = eval->arena->used;
        eval->is_pattern = false;
    }
}

void eval_put(struct evaluator *eval, int c)
{
    struct arena *arena = eval->arena;
    open_word(eval);
    if (eval->discard) {
        return;
    }
    if (arena->used < arena->size) {
        arena->base[arena->used++] = (uint8_t)c;
    } else {
        eval->full = true;
    }
}

void end_word(struct evaluator *eval)
{
    if (eval->word_open) {
        eval_put(eval, 0);
        eval->word_count += !eval->discard;
        eval->word_open = false;
        struct error ignored;
        const struct config_overlay *overlay =
            eval->is_pattern && !eval->full ? config_overlay(eval->config, &ignored) : NULL;
        if (overlay != NULL) {
            overlay->expand_word(eval);
        }
    }
}

/* Adds a character that is not quoted: perhaps a wildcard. */
static void put_unquoted(struct evaluator *eval, int c)
{
    bool is_wildcard = (c == '*' || c == '?') && (eval->loaded & LOADED_REGEXP) != 0;
    eval_put(eval, !is_wildcard ? c : c == '*' ? ANY_CHARACTERS : ANY_CHARACTER);
    eval->is_pattern |= is_wildcard && !eval->discard;
}

void put_value(struct evaluator *eval, const char *value, bool quoted)
{
    while (*value != 0) {
        const char *rest = value;
        while (!quoted && is_blank(*rest)) {
            rest++;
        }
        if (rest == value) {
            (quoted ? eval_put : put_unquoted)(eval, *value++);
        } else {
            value = rest;
            if (*rest != 0) {
                end_word(eval);
            }
        }
    }
}

/* Reads and expands a variable after its '$'. A lone '$' stands for itself; one before a quote,
   which asks GRUB for a translation, is dropped. */
static bool read_variable(struct evaluator *eval, bool quoted)
{
    struct cursor *cursor = &eval->cursor;
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
        eval->line = line;
        return eval_fail(eval, "'${' needs a variable's name and '}'");
    }
    if (length == 0) {
        eval_put(eval, '$');
    } else if (!eval->discard && strchr("#*@", *name) != NULL) {
        const struct config_overlay *overlay = config_overlay(eval->config, eval->error);
        if (overlay == NULL) {
            return false;
        }
        overlay->put_arguments(eval, *name, quoted);
    } else if (!eval->discard) {
        const char *value = expansion(eval, name, length);
        put_value(eval, value != NULL ? value : "", quoted);
    }
    return true;
}

/* Reports an unterminated quote. One missing quote inverts all later ones: blame the first that is
   still open at its line's end. */
static bool fail_unclosed(struct evaluator *eval, uint32_t line)
{
    eval->line = eval->first_long_quote != 0 ? eval->first_long_quote : line;
    return eval_fail(eval, "a quote that begins here is never closed");
}

/* Reads the text after an opening quote, and the closing quote. */
static bool read_quoted(struct evaluator *eval, int quote)
{
    struct cursor *cursor = &eval->cursor;
    uint32_t line = cursor->line;
    open_word(eval);
    for (int c = take(cursor); c != quote; c = take(cursor)) {
        if (c == NO_CHARACTER) {
            return fail_unclosed(eval, line);
        }
        if (c == '\n' && eval->first_long_quote == 0) {
            eval->first_long_quote = line;
        }
        if (quote == '"' && c == '$') {
            if (!read_variable(eval, true)) {
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
        eval_put(eval, c);
    }
    return true;
}

bool ends_word(int c)
{
    return c == NO_CHARACTER || is_blank(c) || strchr(";{}|&<>", c) != NULL;
}

bool read_word(struct evaluator *eval, struct bytes *raw)
{
    struct cursor *cursor = &eval->cursor;
    *raw = (struct bytes){.data = cursor->text.data + cursor->at};
    while (!ends_word(peek(cursor))) {
        int c = take(cursor);
        bool escaped = c == '\\';
        if (escaped) {
            c = take(cursor);
        }
        if (!escaped && (c == '\'' || c == '"')) {
            if (!read_quoted(eval, c)) {
                return false;
            }
        } else if (!escaped && c == '$') {
            if (!read_variable(eval, false)) {
                return false;
            }
        } else if (!escaped) {
            put_unquoted(eval, c);
        } else if (c != '\n' && c != NO_CHARACTER) {
            eval_put(eval, c);
        }
        raw->size = (size_t)(cursor->text.data + cursor->at - raw->data);
    }
    end_word(eval);
    return true;
}
