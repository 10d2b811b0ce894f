// SPDX-License-Identifier: BSD-2-Clause
// grub.cfg: its words, its commands and what they do. The language is that of the GRUB manual,
// chapter "Writing full configuration files directly"; where the manual is silent, what GRUB 2.06
// was seen to do.
//
// A config is evaluated once, which lists its entries; an entry's body when it is to be booted.
// Nothing recurses: blocks, conditions and calls are frames of a bounded stack, so that a run could
// stop at any command and go on later.
#include "stage2/config.h"

#include <stdarg.h>
#include <string.h>
#include "loader/format.h"

enum {
    MAX_DEPTH = 20,     /* frames: if inside submenu inside function … */
    MAX_STEPS = 200000, /* commands of one run: more than CONFIG_MAX_BYTES holds */
    MAX_WARNINGS = 64,  /* what a person would read at most */
    WARNING_SIZE = 160,
    MAX_NUMBER = 1000000000, /* larger ones count as this */
    NO_CHARACTER = -1,
};

struct cursor {
    struct bytes text;
    size_t at;
    uint32_t line;
};

enum frame_kind { FRAME_IF, FRAME_SUBMENU, FRAME_FUNCTION };

/* Where an `if` stands. In the last two nothing is executed. */
enum if_state { IF_CONDITION, IF_BRANCH, IF_SEEK_BRANCH, IF_SEEK_END };

struct frame {
    struct frame *outer;
    uint8_t kind;
    uint8_t state; /* of an if */
    bool has_else;
    bool loads;         /* the run's, put back at the end of a submenu */
    uint32_t line;      /* where it begins */
    struct cursor back; /* where the text goes on behind the block */
    const char *words;  /* of a call: the function's name, its arguments */
    size_t count;
};

struct config_variable {
    struct config_variable *next;
    const char *name;
    const char *value; /* NULL: unset here, whatever the scopes above say */
    uint32_t line;
};

struct config_scope {
    struct config_scope *parent;
    struct config_variable *variables;
};

struct config_function {
    struct config_function *next;
    const char *name;
    struct bytes body;
    uint32_t body_line;
};

/* Words stand one behind the other, each with its NUL. */
struct command {
    int keyword; /* of the list of keywords; what follows is a command of its own */
    bool negated;
    bool has_block;
    int stray; /* a character that GRUB reserves: | & < > */
    const char *words;
    size_t count;
    struct bytes block;
    uint32_t block_line;
};

enum keyword { KEYWORD_IF, KEYWORD_THEN, KEYWORD_ELIF, KEYWORD_ELSE, KEYWORD_FI, KEYWORD_FUNCTION };
enum { NO_KEYWORD = -1 };

/* One evaluation, of the top level or of an entry. */
struct run {
    struct config *config;
    struct arena *arena;
    struct error *error;
    struct config_boot *boot; /* NULL: of the top level, which lists entries */
    struct config_scope *scope;
    struct config_menu *menu;
    struct cursor cursor;
    uint32_t line;             /* of the command; what messages are about */
    uint32_t first_long_quote; /* line of the first quote that runs over a line's end, 0: none */
    unsigned steps;
    size_t word_count; /* of the command being read */
    bool word_open;    /* a word has begun, be it empty as "" */
    bool discard;      /* words are read past, not kept */
    bool full;         /* the arena had no room for a word */
    bool keep;         /* the command's words stay in use */
    bool failed;       /* $? is not 0 */
    bool loads;        /* a command was met that loads something to boot */
    bool stopped;      /* boot, halt, … */
    const struct config_warning *first_warning;
    unsigned depth; /* frames */
    struct frame *top;
};

/* ---- Messages ------------------------------------------------------------------------------ */

static bool run_fail(const struct run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));
static bool run_fail_full(const struct run *run) __attribute__((cold));
static void run_warn(struct run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* "name:line: " and the reason; false. */
static bool run_fail(const struct run *run, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_text_list(run->error->message, sizeof run->error->message, format, arguments);
    va_end(arguments);
    return fail_in(run->error, "%s:%u: ", run->config->name, run->line);
}

/* The failure of whatever needs memory. */
static bool run_fail_full(const struct run *run)
{
    return run_fail(run, "no memory left for the config");
}

/* Zeroed memory; NULL with the error set when there is none. */
static void *run_allocate(const struct run *run, size_t size)
{
    void *block = arena_allocate(run->arena, size, _Alignof(max_align_t));
    if (block == NULL) {
        run_fail_full(run);
    }
    return block;
}

/* A remark about the run's line, behind those of the lines before; what has been said of a line
   is not repeated. */
static void run_warn(struct run *run, const char *format, ...)
{
    struct config_warning *warning = ARENA_NEW(run->arena, struct config_warning);
    char *text = arena_allocate(run->arena, WARNING_SIZE, 1);
    if (warning == NULL || text == NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    format_text_list(text, WARNING_SIZE, format, arguments);
    va_end(arguments);
    *warning = (struct config_warning){.line = run->line, .text = text};
    run->keep = true;
    run->first_warning = run->first_warning != NULL ? run->first_warning : warning;
    struct config_warning **link = &run->config->warnings;
    for (; *link != NULL && (*link)->line <= run->line; link = &(*link)->next) {
        if ((*link)->line == run->line && strcmp((*link)->text, text) == 0) {
            return;
        }
    }
    if (run->config->warning_count < MAX_WARNINGS) {
        run->config->warning_count++;
        warning->next = *link;
        *link = warning;
    }
}

/* ---- Names and numbers --------------------------------------------------------------------- */

/* The index of a name in a list of strings that ends with an empty one, -1: not there. */
static int find_name(const char *list, const char *name, size_t length)
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

static const char *next_word(const char *word)
{
    while (*word++ != 0) {
    }
    return word;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_character(int c)
{
    int lower = c | 0x20;
    return (lower >= 'a' && lower <= 'z') || is_digit(c) || c == '_';
}

static bool is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* A decimal number that makes up the whole text; *value stays as it is if it is none. */
static bool parse_number(const char *text, size_t length, int *value)
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

/* ---- Variables ----------------------------------------------------------------------------- */

static struct config_variable *find_variable(const struct config_scope *scope, const char *name,
                                             size_t length)
{
    struct config_variable *variable = scope->variables;
    while (variable != NULL &&
           (strncmp(variable->name, name, length) != 0 || variable->name[length] != 0)) {
        variable = variable->next;
    }
    return variable;
}

/* The value that a scope and those above it give; NULL: not set. */
static const char *variable_value(const struct config *config, const struct config_scope *scope,
                                  const char *name, size_t length)
{
    for (; scope != NULL; scope = scope->parent) {
        const struct config_variable *variable = find_variable(scope, name, length);
        if (variable != NULL) {
            return variable->value;
        }
    }
    for (const char *preset = config->variables; *preset != 0; preset = next_word(preset)) {
        if (strncmp(preset, name, length) == 0 && preset[length] == '=') {
            return preset + length + 1;
        }
    }
    /* GRUB says by them what its scripts can rely on. */
    return length > 8 && memcmp(name, "feature_", 8) == 0 ? "y" : NULL;
}

/* The value of $0, $1, …: of the innermost call. */
static const char *call_argument(const struct run *run, unsigned number)
{
    const struct frame *frame = run->top;
    while (frame != NULL && frame->kind != FRAME_FUNCTION) {
        frame = frame->outer;
    }
    if (frame == NULL || number >= frame->count) {
        return NULL;
    }
    const char *word = frame->words;
    while (number-- != 0) {
        word = next_word(word);
    }
    return word;
}

static const char *expansion(const struct run *run, const char *name, size_t length)
{
    if (*name == '?') {
        return run->failed ? "1" : "0";
    }
    if (is_digit(*name)) {
        return call_argument(run, (unsigned)(*name - '0'));
    }
    return variable_value(run->config, run->scope, name, length);
}

/* ---- Characters: carriage returns do not exist --------------------------------------------- */

static int peek(struct cursor *cursor)
{
    const struct bytes *text = &cursor->text;
    while (cursor->at < text->size && text->data[cursor->at] == '\r') {
        cursor->at++;
    }
    return cursor->at < text->size ? text->data[cursor->at] : NO_CHARACTER;
}

static int take(struct cursor *cursor)
{
    int c = peek(cursor);
    if (c != NO_CHARACTER) {
        cursor->at++;
        cursor->line += c == '\n';
    }
    return c;
}

/* ---- Words --------------------------------------------------------------------------------- */

/* Words are built at the end of the arena. Nothing else may be allocated until the last one is
   complete. */
static char *run_words_end(const struct run *run)
{
    return (char *)run->arena->base + run->arena->used;
}

static void run_put(struct run *run, int c)
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

static void end_word(struct run *run)
{
    if (run->word_open) {
        run_put(run, 0);
        run->word_count++;
        run->word_open = false;
    }
}

/* A value outside quotes makes several words where it has blanks inside. */
static void put_value(struct run *run, const char *value, bool quoted)
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
    size_t start = cursor->at;
    if (is_digit(c) || c == '?' || c == '#' || c == '*' || c == '@') {
        take(cursor);
    } else {
        while (is_name_character(peek(cursor))) {
            take(cursor);
        }
    }
    const char *name = (const char *)cursor->text.data + start;
    size_t length = cursor->at - start;
    if (brace && (length == 0 || take(cursor) != '}')) {
        run->line = line;
        return run_fail(run, "'${' needs a variable's name and '}'");
    }
    if (length == 0) {
        run_put(run, '$');
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

static bool ends_word(int c)
{
    return c == NO_CHARACTER || is_blank(c) || strchr(";{}|&<>", c) != NULL;
}

/* Reads a word at the cursor: nothing, one word or several, as its expansions want. The raw text
   is for comparison with reserved words. */
static bool read_word(struct run *run, struct bytes *raw)
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

static int find_raw(const char *list, const struct bytes *raw)
{
    return find_name(list, (const char *)raw->data, raw->size);
}

enum token { TOKEN_WORD, TOKEN_END, TOKEN_LINE_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_STRAY };

/* What comes next. A word and '}' are left to be read; the rest is taken. */
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

/* ---- Commands ------------------------------------------------------------------------------ */

static const char keywords[] = "if\0then\0elif\0else\0fi\0function\0while\0until\0for\0do\0done\0"
                               "case\0esac\0select\0";
static const char block_commands[] = "menuentry\0submenu\0function\0";
enum { BLOCK_MENUENTRY };

/* Behind '{': up to behind its '}', or the end of the text, where it may be missing. */
static bool read_block(struct run *run, struct command *command, bool is_entry)
{
    struct cursor *cursor = &run->cursor;
    bool discarding = run->discard;
    size_t word_count = run->word_count;
    bool at_command = true;
    size_t start = cursor->at;
    size_t end = start;
    command->has_block = true;
    command->block_line = cursor->line;
    run->discard = true;
    for (unsigned depth = 1; depth != 0;) {
        enum token token = next_token(cursor);
        end = cursor->at;
        if (token == TOKEN_WORD) {
            struct bytes raw;
            uint32_t line = cursor->line;
            if (!read_word(run, &raw)) {
                return false;
            }
            if (is_entry && at_command && find_raw(block_commands, &raw) == BLOCK_MENUENTRY) {
                uint32_t first_line = run->line;
                run->line = line;
                return run_fail(run, "a menuentry inside that of line %u: is a '}' missing?",
                                first_line);
            }
            at_command = find_raw(keywords, &raw) != NO_KEYWORD;
            continue;
        }
        at_command = token != TOKEN_STRAY;
        depth += token == TOKEN_OPEN;
        if (token == TOKEN_CLOSE) {
            take(cursor);
            depth--;
        } else if (token == TOKEN_END) {
            run_warn(run, "the block that begins here has no '}'");
            break;
        }
    }
    run->discard = discarding;
    run->word_count = word_count;
    command->block = (struct bytes){cursor->text.data + start, end - start};
    return true;
}

/* To any command that takes no block it is a word. */
static void put_block(struct run *run, struct bytes block)
{
    run_put(run, '{');
    for (size_t i = 0; i < block.size; i++) {
        run_put(run, block.data[i]);
    }
    run_put(run, '}');
    end_word(run);
}

/* GRUB takes '{' on the line of its command only; people write it on the next one as well. */
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

/* The words behind the first one, and the block. */
static bool read_rest(struct run *run, struct command *command, int block_command)
{
    bool is_entry = block_command == BLOCK_MENUENTRY;
    for (;;) {
        struct bytes raw;
        enum token token = next_token(&run->cursor);
        if (token == TOKEN_LINE_END && block_command >= 0 && block_follows(&run->cursor)) {
            token = TOKEN_OPEN;
        }
        switch (token) {
        case TOKEN_WORD:
            if (!read_word(run, &raw)) {
                return false;
            }
            break;
        case TOKEN_STRAY:
            command->stray = run->cursor.text.data[run->cursor.at - 1];
            break;
        case TOKEN_OPEN:
            if (!read_block(run, command, is_entry)) {
                return false;
            }
            if (block_command >= 0) {
                return true;
            }
            put_block(run, command->block);
            break;
        default:
            return true;
        }
    }
}

/* Takes what cannot begin a command, up to the first word of one. */
static bool find_command(struct run *run)
{
    for (;;) {
        enum token token = next_token(&run->cursor);
        run->line = run->cursor.line;
        if (token == TOKEN_WORD || token == TOKEN_END) {
            return token == TOKEN_WORD;
        }
        if (token != TOKEN_LINE_END) {
            if (token == TOKEN_CLOSE) {
                take(&run->cursor);
            }
            run_warn(run, "'%c' without a command before it",
                     run->cursor.text.data[run->cursor.at - 1]);
        }
    }
}

enum pulled { PULLED_NOTHING, PULLED_END, PULLED_COMMAND };

/* The next command, its words expanded; nothing when an error stands in the way. */
static enum pulled run_pull(struct run *run, struct command *command)
{
    struct bytes name;
    bool is_not;
    memset(command, 0, sizeof *command);
    do {
        if (!find_command(run)) {
            return PULLED_END;
        }
        command->words = run_words_end(run);
        run->word_count = 0;
        if (!read_word(run, &name)) {
            return PULLED_NOTHING;
        }
        is_not = find_raw("!\0", &name) == 0;
        command->negated ^= is_not;
    } while (is_not);
    command->keyword = find_raw(keywords, &name);
    if ((command->keyword == NO_KEYWORD || command->keyword == KEYWORD_FUNCTION) &&
        !read_rest(run, command, find_raw(block_commands, &name))) {
        return PULLED_NOTHING;
    }
    command->count = run->word_count;
    if (run->full) {
        run_fail_full(run);
        return PULLED_NOTHING;
    }
    return PULLED_COMMAND;
}

/* ---- Variables and frames ------------------------------------------------------------------ */

static int find_word(const char *list, const char *word)
{
    return find_name(list, word, strlen(word));
}

static bool set_variable(struct run *run, const char *name, const char *value)
{
    struct config_variable *variable = find_variable(run->scope, name, strlen(name));
    if (variable == NULL) {
        variable = run_allocate(run, sizeof *variable);
        if (variable == NULL) {
            return false;
        }
        variable->name = name;
        variable->next = run->scope->variables;
        run->scope->variables = variable;
    }
    variable->value = value;
    variable->line = run->line;
    run->keep = true;
    return true;
}

/* A scope in which what is set hides what the run has seen so far. */
static bool run_open_scope(struct run *run, struct config_scope *parent)
{
    struct config_scope *scope = run_allocate(run, sizeof *scope);
    if (scope == NULL) {
        return false;
    }
    scope->parent = parent;
    run->scope = scope;
    return true;
}

/* Puts the cursor to the start of a text. */
static void run_enter(struct run *run, struct bytes text, uint32_t line)
{
    run->cursor = (struct cursor){.text = text, .line = line};
}

/* NULL with the error set: too many, or no memory. */
static struct frame *push_frame(struct run *run, enum frame_kind kind)
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

static void pop_frame(struct run *run)
{
    run->depth--;
    run->top = run->top->outer;
}

/* ---- The menu's commands ------------------------------------------------------------------- */

enum entry_option { OPTION_ID, OPTION_HOTKEY, OPTION_UNRESTRICTED = 6 };
static const char entry_options[] = "id\0hotkey\0class\0users\0group\0source\0unrestricted\0";

/* What the words of menuentry and submenu say. */
static void read_entry_words(struct run *run, const struct command *command,
                             struct config_entry *entry)
{
    const char *word = command->words;
    for (size_t left = command->count - 1; left > 0; left--) {
        word = next_word(word);
        if (word[0] != '-' || word[1] != '-') {
            entry->title = entry->title == NULL ? word : entry->title;
            continue;
        }
        const char *value = strchr(word, '=');
        size_t length = value != NULL ? (size_t)(value - word) : strlen(word);
        int option = find_name(entry_options, word + 2, length - 2);
        if (option < 0) {
            run_warn(run, "unknown option '%.40s'", word);
        }
        if (option < 0 || option == OPTION_UNRESTRICTED) {
            continue;
        }
        if (value != NULL) {
            value++;
        } else if (left > 1) {
            left--;
            value = word = next_word(word);
        } else {
            value = "";
        }
        if (option == OPTION_ID) {
            entry->id = value;
        } else if (option == OPTION_HOTKEY) {
            entry->hotkey = *value;
        }
    }
    if (entry->title == NULL) {
        entry->title = "";
        run_warn(run, "the entry has no title");
    }
}

/* An array with room for one element more than count; moved whenever count reaches a power of
   two. */
static void *grown(struct run *run, void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0) {
        return array;
    }
    void *larger = run_allocate(run, (count * 2 + (count == 0)) * size);
    return larger == NULL || count == 0 ? larger : memcpy(larger, array, count * size);
}

static bool run_add_entry(struct run *run, const struct config_entry *entry)
{
    struct config *config = run->config;
    struct config_entry *entries = grown(run, config->entries, config->entry_count, sizeof *entry);
    if (entries == NULL) {
        return false;
    }
    config->entries = entries;
    entries[config->entry_count++] = *entry;
    return true;
}

static bool enter_submenu(struct run *run, const struct config_entry *entry)
{
    struct config_menu *menu = run_allocate(run, sizeof *menu);
    struct frame *frame = menu != NULL ? push_frame(run, FRAME_SUBMENU) : NULL;
    if (frame == NULL) {
        return false;
    }
    menu->self = *entry;
    menu->next = run->config->menus;
    run->config->menus = run->menu = menu;
    menu->first_entry = run->config->entry_count;
    frame->loads = run->loads;
    run_enter(run, entry->body, entry->body_line);
    return run_open_scope(run, run->scope);
}

/* A submenu without entries does something itself when GRUB enters it: it is an entry. */
static bool end_submenu(struct run *run, const struct frame *frame)
{
    const struct config_menu *menu = run->menu;
    run->menu = menu->self.menu;
    run->scope = menu->self.scope;
    run->loads = frame->loads;
    return run->config->entry_count != menu->first_entry || run_add_entry(run, &menu->self);
}

static bool run_menuentry(struct run *run, const struct command *command, bool is_submenu)
{
    struct config_entry entry = {.id = "",
                                 .line = run->line,
                                 .body = command->block,
                                 .body_line = command->block_line,
                                 .menu = run->menu,
                                 .scope = run->scope};
    if (!command->has_block) {
        run_warn(run, "the entry has no '{'");
        return true;
    }
    if (run->boot != NULL) {
        return true; /* of a config that boots without a menu */
    }
    run->keep = true;
    entry.position = run->menu->item_count++;
    read_entry_words(run, command, &entry);
    return is_submenu ? enter_submenu(run, &entry) : run_add_entry(run, &entry);
}

/* ---- The commands that load ---------------------------------------------------------------- */

/* Takes "(cd)" and the like off: there is one disc. */
static bool clean_path(const struct run *run, const char **path)
{
    const char *name = *path;
    const char *end = *name == '(' ? strchr(name, ')') : NULL;
    if (end != NULL) {
        /* Two where the variable root was set with its parentheses, and is used in others. */
        for (name = end; *name == ')'; name++) {
        }
    }
    if (*name != '/') {
        return run_fail(run, "the path '%.60s' does not begin with '/'", *path);
    }
    *path = name;
    return true;
}

/* Joins words as GRUB does: one blank between them; quotes around a word with a blank; a
   backslash before quotes and backslashes. */
static const char *join_arguments(struct run *run, const char *word, size_t count)
{
    char *joined = run_words_end(run);
    for (; count > 0; count--) {
        bool quoted = strchr(word, ' ') != NULL;
        if (quoted) {
            run_put(run, '"');
        }
        for (; *word != 0; word++) {
            if (*word == '\\' || *word == '\'' || *word == '"') {
                run_put(run, '\\');
            }
            run_put(run, *word);
        }
        word++;
        if (quoted) {
            run_put(run, '"');
        }
        if (count > 1) {
            run_put(run, ' ');
        }
    }
    run_put(run, 0);
    run->word_open = false;
    return joined;
}

/* The words of a command that loads, from the file's name on. */
struct load_words {
    const char *word;
    size_t count;
};

/* Takes an option off; -1: none of the list's. */
static int take_option(struct load_words *words, const char *list)
{
    int option = words->count > 0 ? find_word(list, words->word) : -1;
    if (option >= 0) {
        words->word = next_word(words->word);
        words->count--;
    }
    return option;
}

static bool read_file_words(struct run *run, const struct load_words *words,
                            struct config_file *file)
{
    file->line = run->line;
    file->path = words->word;
    if (words->count == 0) {
        return run_fail(run, "a file's name is missing");
    }
    if (!clean_path(run, &file->path)) {
        return false;
    }
    file->arguments = join_arguments(run, next_word(words->word), words->count - 1);
    return !run->full || run_fail_full(run);
}

static const char gfxpayload[] = "gfxpayload";
static const char timing[] = "whelk_timing";

static bool load_kernel(struct run *run, struct load_words words, enum config_protocol protocol)
{
    struct config_boot *boot = run->boot;
    /* A second kernel takes the place of the first one and of its modules. */
    memset(boot, 0, sizeof *boot);
    boot->protocol = protocol;
    if (!set_variable(run, gfxpayload, NULL)) { /* the kernel's header has precedence */
        return false;
    }
    for (int quirk; (quirk = take_option(
                         &words, "--quirk-bad-kludge\0--quirk-modules-after-kernel\0")) >= 0;) {
        boot->ignore_address_fields |= quirk == 0;
        boot->modules_after_kernel |= quirk == 1;
    }
    return read_file_words(run, &words, &boot->kernel);
}

static bool load_module(struct run *run, struct load_words words, enum config_protocol protocol)
{
    struct config_boot *boot = run->boot;
    struct config_file module = {.keep_packed = take_option(&words, "--nounzip\0") == 0};
    if (boot->kernel.path == NULL) {
        return run_fail(run, "a module before the kernel: the multiboot line comes first");
    }
    if (boot->protocol != protocol) {
        return run_fail(run, "multiboot goes with module, multiboot2 with module2");
    }
    if (!read_file_words(run, &words, &module)) {
        return false;
    }
    boot->modules = grown(run, boot->modules, boot->module_count, sizeof module);
    if (boot->modules == NULL) {
        return false;
    }
    boot->modules[boot->module_count++] = module;
    return true;
}

/* `boot` and what ends an entry without booting it. */
static bool run_action(struct run *run, enum config_action action)
{
    if (run->boot == NULL) {
        /* At the top level it ends the config; of a submenu it is the entry's matter. */
        run->stopped = run->menu->self.menu == NULL && (action != CONFIG_ACTION_BOOT || run->loads);
        return true;
    }
    run->boot->action = action;
    run->stopped = true;
    return true;
}

/* ---- Tests --------------------------------------------------------------------------------- */

/* One comparison or one-word test; *used says how many words it took. */
static bool test_one(struct run *run, const char *word, size_t count, size_t *used)
{
    static const char operators[] = "=\0==\0!=\0-eq\0-ne\0-lt\0-le\0-gt\0-ge\0";
    enum { FIRST_NUMERIC = 3 };
    /* By operator: holds for less (1), equal (2), greater (4). */
    static const uint8_t holds[] = {2, 2, 5, 2, 5, 1, 3, 4, 6};
    const char *second = count > 1 ? next_word(word) : word;
    int comparison = count > 2 ? find_word(operators, second) : -1;
    if (comparison >= 0) {
        const char *third = next_word(second);
        int difference = strcmp(word, third);
        *used = 3;
        if (comparison >= FIRST_NUMERIC) {
            int left = 0;
            int right = 0;
            parse_number(word, strlen(word), &left);
            parse_number(third, strlen(third), &right);
            difference = left - right;
        }
        int sign = difference < 0 ? 0 : 1 + (difference > 0);
        return holds[comparison] >> sign & 1;
    }
    *used = 2;
    if (count > 1 && word[0] == '-' && word[1] != 0 && word[2] == 0) {
        if (word[1] == 'n' || word[1] == 'z') {
            return (*second != 0) == (word[1] == 'n');
        }
        run_warn(run, "%s is not supported", word);
        return false;
    }
    *used = 1;
    return *word != 0;
}

/* `test …`, `[ … ]`: -a binds more than -o. */
static bool run_test(struct run *run, const struct command *command)
{
    const char *word = next_word(command->words);
    size_t count = command->count - 1;
    bool any = false;
    bool all = count > 0 && strcmp(word, "]") != 0;
    bool negated = false;
    while (count > 0) {
        size_t used = 1;
        switch (find_word("!\0-o\0-a\0]\0", word)) {
        case 0:
            negated = !negated;
            break;
        case 1:
            any |= all;
            all = true;
            break;
        case -1:
            all &= test_one(run, word, count, &used) != negated;
            negated = false;
            break;
        default: /* what follows -a counts anyway, and ] is decoration */
            break;
        }
        for (count -= used; used > 0; used--) {
            word = next_word(word);
        }
    }
    return any || all;
}

/* ---- The other commands -------------------------------------------------------------------- */

/* Sets by "name=value"; the words are ours to write to. */
static bool assign(struct run *run, const char *word)
{
    char *equals = strchr(word, '=');
    if (equals == NULL || equals == word) {
        run_warn(run, "'%.40s' is no assignment: write name=value without blanks", word);
        run->failed = true;
        return true;
    }
    *equals = 0;
    return set_variable(run, word, equals + 1);
}

static bool define_function(struct run *run, const struct command *command)
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
    function->body_line = command->block_line;
    run->config->functions = function;
    run->keep = true;
    return true;
}

static const struct config_function *find_function(const struct run *run, const char *name)
{
    const struct config_function *function = run->config->functions;
    while (function != NULL && strcmp(function->name, name) != 0) {
        function = function->next;
    }
    return function;
}

static bool call_function(struct run *run, const struct command *command,
                          const struct config_function *function)
{
    struct frame *frame = push_frame(run, FRAME_FUNCTION);
    if (frame == NULL) {
        return false;
    }
    frame->words = command->words;
    frame->count = command->count;
    run->keep = true;
    run_enter(run, function->body, function->body_line);
    return true;
}

/* A command that is none of the others': accepted, a function's, refused or unknown. */
static bool run_other(struct run *run, const struct command *command)
{
    /* What has no effect on what is booted from a disc. */
    static const char harmless[] =
        "true\0insmod\0export\0echo\0terminal_output\0terminal_input\0serial\0loadfont\0search\0"
        "load_video\0background_image\0play\0clear\0sleep\0read\0load_env\0";
    /* What an entry needs, and Whelk cannot do. */
    static const char refused[] =
        "linux\0linux16\0linuxefi\0chainloader\0configfile\0source\0.\0normal\0";
    const char *name = command->words;
    if (find_word(harmless, name) >= 0) {
        return true;
    }
    const struct config_function *function = find_function(run, name);
    if (function != NULL) {
        return call_function(run, command, function);
    }
    if (find_word(refused, name) >= 0) {
        run->loads = true;
        if (run->boot != NULL) {
            return run_fail(run, "%s is not supported", name);
        }
        run_warn(run, "%s is not supported", name);
        return true;
    }
    if (strchr(name, '=') != NULL) {
        return assign(run, name);
    }
    run_warn(run, "unknown command '%.60s'", name);
    return true;
}

/* ---- The evaluator ------------------------------------------------------------------------- */

enum {
    COMMAND_SET,
    COMMAND_UNSET,
    COMMAND_MENUENTRY,
    COMMAND_SUBMENU,
    COMMAND_MULTIBOOT,
    COMMAND_MULTIBOOT2,
    COMMAND_MODULE,
    COMMAND_MODULE2,
    COMMAND_BOOT,
    COMMAND_REBOOT,
    COMMAND_HALT,
    COMMAND_EXIT,
    COMMAND_BRACKET,
    COMMAND_TEST,
    COMMAND_FALSE,
};
static const char command_names[] =
    "set\0unset\0menuentry\0submenu\0multiboot\0multiboot2\0module\0"
    "module2\0boot\0reboot\0halt\0exit\0[\0test\0false\0";

static bool run_load(struct run *run, const struct command *command, int which)
{
    struct load_words words = {next_word(command->words), command->count - 1};
    bool second = which == COMMAND_MULTIBOOT2 || which == COMMAND_MODULE2;
    enum config_protocol protocol = second ? CONFIG_MULTIBOOT2 : CONFIG_MULTIBOOT1;
    run->loads = true;
    if (run->boot == NULL) {
        return true;
    }
    run->keep = true;
    return which < COMMAND_MODULE ? load_kernel(run, words, protocol)
                                  : load_module(run, words, protocol);
}

static bool run_command(struct run *run, const struct command *command)
{
    const char *name = command->words;
    if (command->count == 0) {
        return true; /* all of it vanished: an unset variable */
    }
    int which = find_word(command_names, name);
    switch (which) {
    case COMMAND_SET:
        return command->count == 1 || assign(run, next_word(name));
    case COMMAND_UNSET:
        return command->count == 1 || set_variable(run, next_word(name), NULL);
    case COMMAND_MENUENTRY:
    case COMMAND_SUBMENU:
        return run_menuentry(run, command, which == COMMAND_SUBMENU);
    case COMMAND_MULTIBOOT:
    case COMMAND_MULTIBOOT2:
    case COMMAND_MODULE:
    case COMMAND_MODULE2:
        return run_load(run, command, which);
    case COMMAND_BOOT:
    case COMMAND_REBOOT:
    case COMMAND_HALT:
    case COMMAND_EXIT:
        return run_action(run, (enum config_action)(which - COMMAND_BOOT));
    case COMMAND_BRACKET:
    case COMMAND_TEST:
        run->failed = !run_test(run, command);
        return true;
    case COMMAND_FALSE:
        run->failed = true;
        return true;
    default:
        return run_other(run, command);
    }
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
static bool run_commands(struct run *run)
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

/* ---- The outside ---------------------------------------------------------------------------- */

static bool check_text(struct run *run, struct bytes *text)
{
    run->line = 1;
    if (text->size > CONFIG_MAX_BYTES) {
        return run_fail(run, "the config is larger than %d bytes", CONFIG_MAX_BYTES);
    }
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] == 0) {
            return run_fail(run, "a NUL byte: this is not a text in ASCII or UTF-8");
        }
        run->line += text->data[i] == '\n';
    }
    run->line = 1;
    if (text->size >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0) {
        text->data += 3;
        text->size -= 3;
    }
    return true;
}

/* Nothing to boot: for the reason of the first warning, if there was one. */
static bool fail_with_warning(struct run *run, uint32_t line, const char *reason)
{
    run->line = run->first_warning != NULL ? run->first_warning->line : line;
    return run_fail(run, "%s", run->first_warning != NULL ? run->first_warning->text : reason);
}

bool config_read_with(struct config *config, struct bytes text, const char *name,
                      const char *variables, struct arena *arena, struct error *error)
{
    *config = (struct config){.name = name, .arena = arena, .variables = variables};
    struct run run = {.config = config, .arena = arena, .error = error, .menu = &config->top};
    if (!check_text(&run, &text) || !run_open_scope(&run, NULL)) {
        return false;
    }
    config->scope = run.scope;
    run_enter(&run, text, 1);
    if (!run_commands(&run)) {
        return false;
    }
    /* A config without entries, or with commands that boot before it comes to a menu. */
    if (run.stopped || (config->entry_count == 0 && run.loads)) {
        struct config_entry whole = {
            .title = name, .id = "", .line = 1, .body = text, .body_line = 1, .menu = &config->top};
        config->entry_count = 0;
        return run_add_entry(&run, &whole);
    }
    return config->entry_count > 0 || fail_with_warning(&run, 1, "the config has no menuentry");
}

bool config_read(struct config *config, struct bytes text, const char *name, struct arena *arena,
                 struct error *error)
{
    static const char variables[] = "root=cd\0prefix=(cd)/boot/grub\0cmdpath=(cd)\0"
                                    "grub_cpu=i386\0grub_platform=pc\0";
    return config_read_with(config, text, name, variables, arena, error);
}

bool config_evaluate(struct config *config, const struct config_entry *entry,
                     struct config_boot *boot, struct error *error)
{
    struct run run = {.config = config,
                      .arena = config->arena,
                      .error = error,
                      .boot = boot,
                      .line = entry->line};
    memset(boot, 0, sizeof *boot);
    if (!run_open_scope(&run, entry->scope)) {
        return false;
    }
    run_enter(&run, entry->body, entry->body_line);
    if (!run_commands(&run)) {
        return false;
    }
    boot->gfxpayload = variable_value(config, run.scope, gfxpayload, strlen(gfxpayload));
    boot->timing = variable_value(config, run.scope, timing, strlen(timing));
    boot->names_no_kernel = boot->action == CONFIG_ACTION_BOOT && boot->kernel.path == NULL;
    return !boot->names_no_kernel ||
           fail_with_warning(&run, entry->line,
                             "nothing to boot: no multiboot line names a kernel");
}

int config_timeout(const struct config *config, bool *is_set)
{
    int seconds = -1;
    const char *value = variable_value(config, config->scope, "timeout", strlen("timeout"));
    *is_set = value != NULL && parse_number(value, strlen(value), &seconds);
    return seconds < 0 ? -1 : seconds;
}

/* ---- set default= -------------------------------------------------------------------------- */

/* The length of a path's first name: "Sub>Entry"; a doubled '>' stands for itself. */
static size_t first_name(const char *path)
{
    size_t length = 0;
    while (path[length] != 0 && (path[length] != '>' || path[length + 1] == '>')) {
        length += path[length] == '>' ? 2 : 1;
    }
    return length;
}

static bool is_called(const char *path, size_t length, const char *name)
{
    const char *end = path + length;
    for (; path < end && *path == *name; name++) {
        path += *path == '>' ? 2 : 1;
    }
    return path == end && *name == 0;
}

/* Whether a path's first name is that of an item: its position, title or id. */
static bool is_item(const struct config_menu *menu, const char *path, size_t length,
                    const struct config_entry *item)
{
    int number;
    if (item->menu != menu) {
        return false;
    }
    if (parse_number(path, length, &number)) {
        return number >= 0 && (uint32_t)number == item->position;
    }
    return is_called(path, length, item->title) || is_called(path, length, item->id);
}

size_t config_default(struct config *config)
{
    const struct config_variable *variable = find_variable(config->scope, "default", 7);
    const struct config_menu *menu = &config->top;
    const char *path = variable != NULL && variable->value != NULL ? variable->value : "";
    while (*path != 0) {
        size_t length = first_name(path);
        for (size_t i = 0; i < config->entry_count; i++) {
            if (is_item(menu, path, length, &config->entries[i])) {
                return i;
            }
        }
        const struct config_menu *below = config->menus;
        while (below != NULL && !is_item(menu, path, length, &below->self)) {
            below = below->next;
        }
        if (below == NULL) {
            struct run run = {.config = config, .arena = config->arena, .line = variable->line};
            run_warn(&run, "default names no entry: the first one is taken");
            break;
        }
        menu = below;
        path += length + (path[length] == '>');
    }
    /* A config that itself boots, or halts, has one entry, whatever its submenus have. */
    return menu->first_entry < config->entry_count ? menu->first_entry : 0;
}
