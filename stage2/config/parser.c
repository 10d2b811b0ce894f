// SPDX-License-Identifier: BSD-2-Clause
// Splits the config's text into commands.
#include "stage2/config/evaluator.h"

#include <string.h>

static int find_raw(const char *list, const struct bytes *raw)
{
    return find_name(list, (const char *)raw->data, raw->size);
}

enum token { TOKEN_WORD, TOKEN_END, TOKEN_LINE_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_STRAY };

/* Takes the next token, except TOKEN_WORD and TOKEN_CLOSE: the cursor stays at those. */
static enum token next_token(struct cursor *cursor)
{
    for (;;) {
        int c = peek(cursor);
        if (c == '}') {
            return TOKEN_CLOSE;
        }
        struct cursor start = *cursor;
        take(cursor);
        if (c == '#') {
            while (peek(cursor) != '\n' && peek(cursor) != NO_CHARACTER) {
                take(cursor);
            }
        } else if (c == '\n' || c == ';') {
            return TOKEN_LINE_END;
        } else if (c == NO_CHARACTER) {
            return TOKEN_END;
        } else if (c == '{') {
            return TOKEN_OPEN;
        } else if (c == '\\' && peek(cursor) == '\n') {
            take(cursor);
        } else if (!ends_word(c)) {
            *cursor = start;
            return TOKEN_WORD;
        } else if (!is_blank(c)) {
            return TOKEN_STRAY;
        }
    }
}

static const char keywords[] = "if\0then\0elif\0else\0fi\0function\0while\0until\0for\0do\0done\0"
                               "case\0esac\0select\0";
static const char block_commands[] = "menuentry\0submenu\0function\0";
enum { BLOCK_MENUENTRY };

/* Skips a word of a block. False: the error is set; a menuentry in a menuentry's block is one. */
static bool skip_word(struct evaluator *eval, bool is_entry, bool *at_command)
{
    uint32_t line = eval->cursor.line;
    struct bytes raw;
    if (!read_word(eval, &raw)) {
        return false;
    }
    if (is_entry && *at_command && find_raw(block_commands, &raw) == BLOCK_MENUENTRY) {
        uint32_t first_line = eval->line;
        eval->line = line;
        return eval_fail(eval, "a menuentry inside that of line %u: is a '}' missing?", first_line);
    }
    *at_command = find_raw(keywords, &raw) != NO_KEYWORD;
    return true;
}

/* Goes from the first character of a block to its '}' or to the end of the text. */
static bool skip_block(struct evaluator *eval, bool is_entry)
{
    struct cursor *cursor = &eval->cursor;
    bool at_command = true;
    for (unsigned depth = 1;;) {
        enum token token = next_token(cursor);
        if (token == TOKEN_WORD) {
            if (!skip_word(eval, is_entry, &at_command)) {
                return false;
            }
            continue;
        }
        at_command = token != TOKEN_STRAY;
        depth += token == TOKEN_OPEN;
        depth -= token == TOKEN_CLOSE;
        if (depth == 0 || token == TOKEN_END) {
            return true;
        }
        if (token == TOKEN_CLOSE) {
            take(cursor);
        }
    }
}

/* Adds a block as a word, for a command that takes no block. */
static void put_block(struct evaluator *eval, struct bytes block)
{
    eval_put(eval, '{');
    for (size_t i = 0; i < block.size; i++) {
        eval_put(eval, block.data[i]);
    }
    eval_put(eval, '}');
    end_word(eval);
}

/* Reads a command's block after its '{', with its '}'. */
static bool read_block(struct evaluator *eval, struct command *command, int block_command)
{
    struct cursor *cursor = &eval->cursor;
    bool discard = eval->discard;
    size_t start = cursor->at;
    command->has_block = true;
    command->block.line = cursor->line;
    command->block.name = cursor->name;
    eval->discard = true;
    if (!skip_block(eval, block_command == BLOCK_MENUENTRY)) {
        return false;
    }
    eval->discard = discard;
    command->block.bytes = (struct bytes){cursor->text.data + start, cursor->at - start};
    if (block_command < 0) {
        put_block(eval, command->block.bytes);
    }
    if (take(cursor) == NO_CHARACTER) {
        eval_warn(eval, "the block that begins here has no '}'");
    }
    return true;
}

/* Whether '{' follows on a later line. GRUB wants it on the command's own line. */
static bool block_follows(struct cursor *cursor)
{
    struct cursor saved = *cursor;
    enum token token;
    do {
        token = next_token(cursor);
    } while (token == TOKEN_LINE_END);
    if (token != TOKEN_OPEN) {
        *cursor = saved;
    }
    return token == TOKEN_OPEN;
}

/* Reads a command's words after its name, and its block. */
static bool read_rest(struct evaluator *eval, struct command *command, int block_command)
{
    for (;;) {
        struct bytes raw;
        enum token token = next_token(&eval->cursor);
        if (token == TOKEN_LINE_END && block_command >= 0 && block_follows(&eval->cursor)) {
            token = TOKEN_OPEN;
        }
        switch (token) {
        case TOKEN_WORD:
            if (!read_word(eval, &raw)) {
                return false;
            }
            break;
        case TOKEN_STRAY:
            command->stray = eval->cursor.text.data[eval->cursor.at - 1];
            break;
        case TOKEN_OPEN:
            if (!read_block(eval, command, block_command)) {
                return false;
            }
            if (block_command >= 0) {
                return true;
            }
            break;
        default:
            return true;
        }
    }
}

/* Goes to a command's first word, with a warning about each other token. False: end of the text. */
static bool find_command(struct evaluator *eval)
{
    for (;;) {
        enum token token = next_token(&eval->cursor);
        eval->line = eval->cursor.line;
        if (token == TOKEN_WORD || token == TOKEN_END) {
            return token == TOKEN_WORD;
        }
        if (token != TOKEN_LINE_END) {
            if (token == TOKEN_CLOSE) {
                take(&eval->cursor);
            }
            eval_warn(eval, "'%c' without a command before it",
                      eval->cursor.text.data[eval->cursor.at - 1]);
        }
    }
}

enum pulled eval_pull(struct evaluator *eval, struct command *command)
{
    struct bytes name;
    bool is_not;
    memset(command, 0, sizeof *command);
    do {
        if (!find_command(eval)) {
            return PULLED_END;
        }
        command->words = eval_words_end(eval);
        eval->word_count = 0;
        if (!read_word(eval, &name)) {
            return PULLED_NOTHING;
        }
        is_not = find_raw("!\0", &name) == 0;
        command->negated ^= is_not;
    } while (is_not);
    command->keyword = find_raw(keywords, &name);
    if ((command->keyword == NO_KEYWORD || command->keyword == KEYWORD_FUNCTION ||
         command->keyword == KEYWORD_FOR) &&
        !read_rest(eval, command, find_raw(block_commands, &name))) {
        return PULLED_NOTHING;
    }
    command->count = eval->word_count;
    if (eval->full) {
        eval_fail_full(eval);
        return PULLED_NOTHING;
    }
    return PULLED_COMMAND;
}
