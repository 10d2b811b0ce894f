// SPDX-License-Identifier: BSD-2-Clause
// grub.cfg: words, commands, and what they do. The language is that of the GRUB manual, chapter
// "Writing your own configuration file directly"; where the manual is silent, what GRUB 2.06 was
// seen to do. The file is in the order of the work: cursor, words, commands, evaluator.
//
// Nothing here recurses: blocks, conditions and calls are frames of a bounded stack, so that a
// run could stop at any command and go on later.
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
    uint8_t kind;
    uint8_t state; /* of an if */
    bool has_else;
    bool loads;         /* the run's, put back at the end of a submenu */
    uint32_t line;      /* where it begins */
    uint32_t body_line; /* of a submenu */
    struct cursor back; /* where the text goes on behind the block */
    const char *words;  /* of a call: the function's name, its arguments */
    size_t count;       /* of a call: words; of a submenu: the entries before it */
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

/* One evaluation, of the top level or of an entry. */
struct run {
    struct config *config;
    struct error *error;
    struct config_boot *boot; /* NULL: of the top level, which lists entries */
    struct config_scope *scope;
    struct config_menu *menu;
    struct cursor cursor;
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
    const char *first_warning;
    uint32_t first_warning_line;
    unsigned depth;
    struct frame frames[MAX_DEPTH];
};

/* ---- Messages ------------------------------------------------------------------------------ */

static bool fail_at(const struct run *run, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));
static void warn(struct run *run, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

static bool fail_at(const struct run *run, uint32_t line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_text_list(run->error->message, sizeof run->error->message, format, arguments);
    va_end(arguments);
    return fail_in(run->error, "%s:%u: ", run->config->name, line);
}

static bool fail_full(const struct run *run, uint32_t line)
{
    return fail_at(run, line, "no memory left for the config");
}

static void add_warning(struct config *config, uint32_t line, const char *text)
{
    struct config_warning **link = &config->warnings;
    for (; *link != NULL && (*link)->line <= line; link = &(*link)->next) {
        if ((*link)->line == line && strcmp((*link)->text, text) == 0) {
            return;
        }
    }
    struct config_warning *warning = NULL;
    if (config->warning_count < MAX_WARNINGS) {
        warning = ARENA_NEW(config->arena, struct config_warning);
    }
    if (warning != NULL) {
        *warning = (struct config_warning){.line = line, .text = text, .next = *link};
        *link = warning;
        config->warning_count++;
    }
}

static void warn(struct run *run, uint32_t line, const char *format, ...)
{
    char text[WARNING_SIZE];
    va_list arguments;
    va_start(arguments, format);
    format_text_list(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *copy = arena_text(run->config->arena, text, strlen(text));
    if (copy == NULL) {
        return;
    }
    add_warning(run->config, line, copy);
    run->keep = true;
    if (run->first_warning == NULL) {
        run->first_warning = copy;
        run->first_warning_line = line;
    }
}

/* ---- Lists of names, numbers --------------------------------------------------------------- */

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

static bool is_name_character(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* A decimal or 0x number that makes up the whole text. */
static bool parse_number(const char *text, size_t length, int *value)
{
    const char *end = text + length;
    bool negative = text < end && *text == '-';
    text += negative;
    int base = 10;
    if (end - text > 2 && text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    bool any = text < end;
    int number = 0;
    for (; text < end; text++) {
        int lower = *text | 0x20;
        int digit = *text >= '0' && *text <= '9'   ? *text - '0'
                    : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                   : base;
        if (digit >= base) {
            return false;
        }
        number = number > (MAX_NUMBER - digit) / base ? MAX_NUMBER : number * base + digit;
    }
    if (any) {
        *value = negative ? -number : number;
    }
    return any;
}

/* ---- Variables ----------------------------------------------------------------------------- */

static struct config_variable *find_variable(struct config_scope *scope, const char *name,
                                             size_t length)
{
    for (struct config_variable *v = scope->variables; v != NULL; v = v->next) {
        if (strncmp(v->name, name, length) == 0 && v->name[length] == 0) {
            return v;
        }
    }
    return NULL;
}

/* NULL: not set. */
static const char *variable_value(const struct config *config, struct config_scope *scope,
                                  const char *name, size_t length)
{
    for (; scope != NULL; scope = scope->parent) {
        const struct config_variable *variable = find_variable(scope, name, length);
        if (variable != NULL) {
            return variable->value;
        }
    }
    for (const char *preset = config->variables; *preset != 0; preset += strlen(preset) + 1) {
        if (strncmp(preset, name, length) == 0 && preset[length] == '=') {
            return preset + length + 1;
        }
    }
    /* GRUB says by them what its scripts can rely on. */
    return length > 8 && memcmp(name, "feature_", 8) == 0 ? "y" : NULL;
}

static bool set_variable(struct run *run, const char *name, const char *value, uint32_t line)
{
    struct config_variable *variable = find_variable(run->scope, name, strlen(name));
    if (variable == NULL) {
        variable = ARENA_NEW(run->config->arena, struct config_variable);
        if (variable == NULL) {
            return fail_full(run, line);
        }
        variable->name = name;
        variable->next = run->scope->variables;
        run->scope->variables = variable;
    }
    variable->value = value;
    variable->line = line;
    run->keep = true;
    return true;
}

/* A scope in which what is set hides what the run has seen so far. */
static bool open_scope(struct run *run, struct config_scope *parent, uint32_t line)
{
    struct config_scope *scope = ARENA_NEW(run->config->arena, struct config_scope);
    if (scope == NULL) {
        return fail_full(run, line);
    }
    scope->parent = parent;
    run->scope = scope;
    return true;
}

/* ---- Characters: carriage returns do not exist --------------------------------------------- */

enum { NO_CHARACTER = -1 };

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

/* Words are built at the end of the arena, one behind the other, each with its NUL. Nothing else
   may be allocated until the command is complete. */
static void put(struct run *run, int c)
{
    struct arena *arena = run->config->arena;
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

static void put_text(struct run *run, const char *text)
{
    while (*text != 0) {
        put(run, *text++);
    }
}

static void end_word(struct run *run)
{
    if (run->word_open) {
        put(run, 0);
        run->word_count++;
        run->word_open = false;
    }
}

static char *words_end(const struct run *run)
{
    return (char *)run->config->arena->base + run->config->arena->used;
}

static const char *next_word(const char *word)
{
    return word + strlen(word) + 1;
}

/* The value of $1, $2, …: from the innermost call. */
static const char *call_argument(const struct run *run, unsigned number)
{
    const struct frame *frame = run->frames + run->depth;
    while (frame-- > run->frames) {
        if (frame->kind == FRAME_FUNCTION) {
            const char *word = frame->words;
            if (number >= frame->count) {
                return NULL;
            }
            while (number-- != 0) {
                word = next_word(word);
            }
            return word;
        }
    }
    return NULL;
}

static const char *expansion(const struct run *run, const char *name, size_t length)
{
    if (*name == '?') {
        return run->failed ? "1" : "0";
    }
    if (length == 1 && *name >= '0' && *name <= '9') {
        return call_argument(run, (unsigned)(*name - '0'));
    }
    return variable_value(run->config, run->scope, name, length);
}

/* A value outside quotes makes several words where it has blanks inside. */
static void put_value(struct run *run, const char *value, bool quoted)
{
    if (quoted) {
        put_text(run, value);
        return;
    }
    while (*value != 0) {
        const char *rest = value;
        while (is_blank(*rest)) {
            rest++;
        }
        if (rest == value) {
            put(run, *value++);
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
    size_t start = cursor->at;
    if (c == '?' || c == '#' || c == '*' || c == '@' || (c >= '0' && c <= '9')) {
        take(cursor);
    } else {
        while (is_name_character(peek(cursor))) {
            take(cursor);
        }
    }
    size_t length = cursor->at - start;
    if (brace && (length == 0 || take(cursor) != '}')) {
        return fail_at(run, line, "'${' needs a variable's name and '}'");
    }
    if (length == 0) {
        put(run, '$');
    } else if (!run->discard) {
        const char *value = expansion(run, name, length);
        if (value != NULL) {
            put_value(run, value, quoted);
        }
    }
    return true;
}

/* Behind the opening quote, up to behind the closing one. */
static bool read_quoted(struct run *run, int quote)
{
    struct cursor *cursor = &run->cursor;
    uint32_t line = cursor->line;
    run->word_open = true;
    for (int c = take(cursor); c != quote; c = take(cursor)) {
        if (c == NO_CHARACTER) {
            /* Behind a lost quote each one opens that should close; the first that is open at the
               end of its line is the one to look at. */
            line = run->first_long_quote != 0 ? run->first_long_quote : line;
            return fail_at(run, line, "a quote that begins here is never closed");
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
        put(run, c);
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
    raw->data = cursor->text.data + cursor->at;
    while (!ends_word(peek(cursor))) {
        int c = take(cursor);
        bool fine = true;
        if (c == '\'' || c == '"') {
            fine = read_quoted(run, c);
        } else if (c == '$') {
            fine = read_variable(run, false);
        } else if (c != '\\') {
            put(run, c);
        } else if ((c = take(cursor)) != '\n' && c != NO_CHARACTER) {
            put(run, c);
        }
        if (!fine) {
            return false;
        }
        raw->size = (size_t)(cursor->text.data + cursor->at - raw->data);
    }
    end_word(run);
    return true;
}

static bool raw_is(const struct bytes *raw, const char *word)
{
    return raw->size == strlen(word) && memcmp(raw->data, word, raw->size) == 0;
}

enum token { TOKEN_WORD, TOKEN_END, TOKEN_LINE_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_STRAY };

/* What comes next. A word and '}' are left to be read; the rest is taken. */
static enum token next_token(struct cursor *cursor)
{
    for (;;) {
        int c = peek(cursor);
        size_t start = cursor->at;
        uint32_t line = cursor->line;
        if (c == '}') {
            return TOKEN_CLOSE;
        }
        take(cursor);
        switch (c) {
        case NO_CHARACTER:
            return TOKEN_END;
        case '\n':
        case ';':
            return TOKEN_LINE_END;
        case '{':
            return TOKEN_OPEN;
        case ' ':
        case '\t':
            continue;
        case '#':
            while (peek(cursor) != '\n' && peek(cursor) != NO_CHARACTER) {
                take(cursor);
            }
            continue;
        case '\\':
            if (peek(cursor) == '\n') {
                take(cursor);
                continue;
            }
            break;
        default:
            if (ends_word(c)) {
                return TOKEN_STRAY;
            }
        }
        cursor->at = start;
        cursor->line = line;
        return TOKEN_WORD;
    }
}

/* ---- Commands ------------------------------------------------------------------------------ */

enum keyword { KEYWORD_IF, KEYWORD_THEN, KEYWORD_ELIF, KEYWORD_ELSE, KEYWORD_FI, KEYWORD_FUNCTION };
static const char keywords[] = "if\0then\0elif\0else\0fi\0function\0while\0until\0for\0do\0done\0"
                               "case\0esac\0select\0";
enum { NO_KEYWORD = -1 };

struct command {
    uint32_t line;
    int keyword; /* of the list; its words follow as a command of their own */
    bool negated;
    bool has_block;
    int stray; /* a character that GRUB reserves: | & < > */
    const char *words;
    size_t count;
    struct bytes block;
    uint32_t block_line;
};

enum pulled { PULLED_NOTHING, PULLED_END, PULLED_COMMAND };

/* Behind '{': up to behind its '}', or the end of the text, where it may be missing. */
static bool read_block(struct run *run, struct command *command, bool is_entry)
{
    struct cursor *cursor = &run->cursor;
    bool discarding = run->discard;
    size_t word_count = run->word_count;
    bool at_command = true;
    size_t start = cursor->at;
    size_t end = start;
    unsigned depth = 1;
    command->has_block = true;
    command->block_line = cursor->line;
    run->discard = true;
    while (depth != 0) {
        struct bytes raw;
        enum token token = next_token(cursor);
        end = cursor->at;
        if (token == TOKEN_WORD) {
            uint32_t line = cursor->line;
            if (!read_word(run, &raw)) {
                return false;
            }
            if (is_entry && at_command && raw_is(&raw, "menuentry")) {
                return fail_at(run, line, "a menuentry inside that of line %u: is a '}' missing?",
                               command->line);
            }
            at_command = find_name(keywords, (const char *)raw.data, raw.size) >= 0;
            continue;
        }
        at_command = token != TOKEN_STRAY;
        if (token == TOKEN_OPEN) {
            depth++;
        } else if (token == TOKEN_CLOSE) {
            take(cursor);
            depth--;
        } else if (token == TOKEN_END) {
            warn(run, command->line, "the block that begins here has no '}'");
            break;
        }
    }
    run->discard = discarding;
    run->word_count = word_count;
    command->block = (struct bytes){cursor->text.data + start, end - start};
    return true;
}

/* GRUB takes '{' on the line of its command only; people write it on the next one as well. */
static bool block_follows(struct run *run)
{
    struct cursor saved = run->cursor;
    enum token token;
    do {
        token = next_token(&run->cursor);
    } while (token == TOKEN_LINE_END);
    if (token != TOKEN_OPEN) {
        run->cursor = saved;
    }
    return token == TOKEN_OPEN;
}

/* The words behind the first one, and the block. */
static bool read_rest(struct run *run, struct command *command, const struct bytes *name)
{
    bool is_entry = raw_is(name, "menuentry");
    bool takes_block = is_entry || raw_is(name, "submenu") || command->keyword == KEYWORD_FUNCTION;
    for (;;) {
        struct bytes raw;
        switch (next_token(&run->cursor)) {
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
            if (takes_block) {
                return true;
            }
            /* To any other command a block is a word. */
            put(run, '{');
            for (size_t i = 0; i < command->block.size; i++) {
                put(run, command->block.data[i]);
            }
            put(run, '}');
            end_word(run);
            break;
        case TOKEN_LINE_END:
            return !takes_block || !block_follows(run) || read_block(run, command, is_entry);
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
        if (token == TOKEN_WORD || token == TOKEN_END) {
            return token == TOKEN_WORD;
        }
        if (token != TOKEN_LINE_END) {
            if (token == TOKEN_CLOSE) {
                take(&run->cursor);
            }
            warn(run, run->cursor.line, "'%c' without a command before it",
                 run->cursor.text.data[run->cursor.at - 1]);
        }
    }
}

static enum pulled pull_command(struct run *run, struct command *command)
{
    struct bytes name;
    memset(command, 0, sizeof *command);
    do {
        if (!find_command(run)) {
            return PULLED_END;
        }
        command->line = run->cursor.line;
        command->words = words_end(run);
        run->word_count = 0;
        if (!read_word(run, &name)) {
            return PULLED_NOTHING;
        }
        command->negated ^= raw_is(&name, "!");
    } while (raw_is(&name, "!"));
    command->keyword = find_name(keywords, (const char *)name.data, name.size);
    if (command->keyword == NO_KEYWORD || command->keyword == KEYWORD_FUNCTION) {
        if (!read_rest(run, command, &name)) {
            return PULLED_NOTHING;
        }
    }
    command->count = run->word_count;
    if (run->full) {
        fail_full(run, command->line);
        return PULLED_NOTHING;
    }
    return PULLED_COMMAND;
}

/* ---- The menu's commands ------------------------------------------------------------------- */

static bool push_frame(struct run *run, enum frame_kind kind, const struct command *command)
{
    if (run->depth == MAX_DEPTH) {
        return fail_at(run, command->line, "nested too deep: more than %d levels", MAX_DEPTH);
    }
    run->frames[run->depth++] = (struct frame){
        .kind = (uint8_t)kind, .line = command->line, .back = run->cursor, .loads = run->loads};
    return true;
}

/* Puts the cursor into a block. */
static void enter_block(struct run *run, struct bytes block, uint32_t line)
{
    run->cursor = (struct cursor){.text = block, .line = line};
}

/* What the words of menuentry and submenu say. */
static void read_entry_words(struct run *run, const struct command *command,
                             struct config_entry *entry)
{
    static const char options[] = "id\0hotkey\0class\0users\0group\0source\0unrestricted\0";
    enum { OPTION_ID, OPTION_HOTKEY, OPTION_UNRESTRICTED = 6 };
    const char *word = command->words;
    *entry = (struct config_entry){
        .id = "", .line = command->line, .body = command->block, .body_line = command->block_line};
    for (size_t left = command->count - 1; left > 0; left--) {
        word = next_word(word);
        if (word[0] != '-' || word[1] != '-') {
            entry->title = entry->title == NULL ? word : entry->title;
            continue;
        }
        const char *value = strchr(word, '=');
        size_t length = value != NULL ? (size_t)(value - word) : strlen(word);
        int option = find_name(options, word + 2, length - 2);
        if (option < 0) {
            warn(run, command->line, "unknown option '%.40s'", word);
        } else if (option != OPTION_UNRESTRICTED) {
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
    }
    if (entry->title == NULL) {
        entry->title = "";
        warn(run, command->line, "the entry has no title");
    }
}

/* An array with room for one element more than count; moved whenever count reaches a power of
   two. */
static void *grown(struct arena *arena, void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0) {
        return array;
    }
    void *larger = arena_array(arena, count * 2 + (count == 0), size, _Alignof(max_align_t));
    if (larger != NULL && count != 0) {
        memcpy(larger, array, count * size);
    }
    return larger;
}

static bool add_entry(struct run *run, const struct config_entry *entry)
{
    struct config *config = run->config;
    struct config_entry *entries =
        grown(config->arena, config->entries, config->entry_count, sizeof *entry);
    if (entries == NULL) {
        return fail_full(run, entry->line);
    }
    config->entries = entries;
    entries[config->entry_count++] = *entry;
    return true;
}

static bool run_menuentry(struct run *run, const struct command *command, bool is_submenu)
{
    struct config_entry entry;
    run->keep = true;
    if (!command->has_block) {
        warn(run, command->line, "the entry has no '{'");
        return true;
    }
    if (run->boot != NULL) {
        return true; /* of a config that boots without a menu */
    }
    read_entry_words(run, command, &entry);
    entry.menu = run->menu;
    entry.position = run->menu->item_count++;
    entry.scope = run->scope;
    if (!is_submenu) {
        return add_entry(run, &entry);
    }
    struct config_menu *menu = ARENA_NEW(run->config->arena, struct config_menu);
    if (menu == NULL || !open_scope(run, run->scope, command->line)) {
        return fail_full(run, command->line);
    }
    *menu = (struct config_menu){.parent = run->menu,
                                 .next = run->config->menus,
                                 .title = entry.title,
                                 .id = entry.id,
                                 .position = entry.position};
    run->config->menus = run->menu = menu;
    if (!push_frame(run, FRAME_SUBMENU, command)) {
        return false;
    }
    run->frames[run->depth - 1].count = run->config->entry_count;
    run->frames[run->depth - 1].body_line = command->block_line;
    run->loads = false;
    enter_block(run, command->block, command->block_line);
    return true;
}

/* A submenu without entries does something itself when GRUB enters it: it is an entry. */
static bool end_submenu(struct run *run, const struct frame *frame)
{
    const struct config_menu *menu = run->menu;
    struct config_scope *scope = run->scope;
    struct bytes body = run->cursor.text;
    run->menu = menu->parent;
    run->scope = scope->parent;
    run->loads = frame->loads;
    if (run->config->entry_count != frame->count) {
        return true;
    }
    return add_entry(run, &(struct config_entry){.title = menu->title,
                                                 .id = menu->id,
                                                 .line = frame->line,
                                                 .body = body,
                                                 .body_line = frame->body_line,
                                                 .menu = menu->parent,
                                                 .position = menu->position,
                                                 .scope = run->scope});
}

/* ---- The commands that load ---------------------------------------------------------------- */

/* Takes "(cd)" and the like off: there is one disc. */
static bool clean_path(const struct run *run, uint32_t line, const char **path)
{
    static const char elsewhere[] = "http\0tftp\0memdisk\0proc\0";
    const char *name = *path;
    if (*name == '(') {
        const char *end = strchr(name, ')');
        if (end == NULL) {
            return fail_at(run, line, "'%.60s' has no ')' behind its device", name);
        }
        size_t length = 0;
        while (is_name_character(name[1 + length])) {
            length++;
        }
        if (find_name(elsewhere, name + 1, length) >= 0) {
            return fail_at(run, line, "'%.60s' is not on this disc", name);
        }
        /* Two where the variable root was set with its parentheses, and is used in others. */
        for (name = end; *name == ')'; name++) {
        }
    }
    if (*name != '/') {
        return fail_at(run, line, "the path '%.60s' does not begin with '/': write '/%.60s'", name,
                       name);
    }
    *path = name;
    return true;
}

/* Joins words as GRUB does: one blank between them; quotes around a word with a blank; a
   backslash before quotes and backslashes. */
static const char *join_arguments(struct run *run, const char *word, size_t count)
{
    char *joined = words_end(run);
    for (; count > 0; count--) {
        bool quoted = strchr(word, ' ') != NULL;
        if (quoted) {
            put(run, '"');
        }
        for (const char *at = word; *at != 0; at++) {
            if (*at == '\\' || *at == '\'' || *at == '"') {
                put(run, '\\');
            }
            put(run, *at);
        }
        if (quoted) {
            put(run, '"');
        }
        if (count > 1) {
            put(run, ' ');
        }
        word = next_word(word);
    }
    put(run, 0);
    run->word_open = false;
    return joined;
}

/* The file of a command's words from `word` on. */
static bool read_file_words(struct run *run, const struct command *command, const char *word,
                            size_t count, struct config_file *file)
{
    file->line = command->line;
    if (count == 0) {
        return fail_at(run, command->line, "%s: a file's name is missing", command->words);
    }
    file->path = word;
    if (!clean_path(run, command->line, &file->path)) {
        return false;
    }
    file->arguments = join_arguments(run, next_word(word), count - 1);
    return !run->full || fail_full(run, command->line);
}

static bool load_kernel(struct run *run, const struct command *command,
                        enum config_protocol protocol)
{
    static const char quirks[] = "--quirk-bad-kludge\0--quirk-modules-after-kernel\0";
    const char *word = next_word(command->words);
    size_t count = command->count - 1;
    /* A second kernel takes the place of the first one and of its modules. */
    memset(run->boot, 0, sizeof *run->boot);
    run->boot->protocol = protocol;
    for (int quirk; count > 0 && (quirk = find_name(quirks, word, strlen(word))) >= 0; count--) {
        *(quirk == 0 ? &run->boot->ignore_address_fields : &run->boot->modules_after_kernel) = true;
        word = next_word(word);
    }
    return read_file_words(run, command, word, count, &run->boot->kernel);
}

static bool load_module(struct run *run, const struct command *command,
                        enum config_protocol protocol)
{
    struct config_boot *boot = run->boot;
    struct config_file module = {0};
    const char *word = next_word(command->words);
    size_t count = command->count - 1;
    if (boot->kernel.path == NULL) {
        return fail_at(run, command->line, "%s before the kernel: put it behind multiboot%s",
                       command->words, protocol == CONFIG_MULTIBOOT2 ? "2" : "");
    }
    if (boot->protocol != protocol) {
        return fail_at(run, command->line, "%s for a kernel of multiboot%s: write module%s",
                       command->words, protocol == CONFIG_MULTIBOOT2 ? "" : "2",
                       protocol == CONFIG_MULTIBOOT2 ? "" : "2");
    }
    if (count > 0 && strcmp(word, "--nounzip") == 0) {
        module.keep_packed = true;
        word = next_word(word);
        count--;
    }
    if (!read_file_words(run, command, word, count, &module)) {
        return false;
    }
    boot->modules = grown(run->config->arena, boot->modules, boot->module_count, sizeof module);
    if (boot->modules == NULL) {
        return fail_full(run, command->line);
    }
    boot->modules[boot->module_count++] = module;
    return true;
}

/* `boot` and what ends an entry without booting it. */
static bool run_action(struct run *run, const struct command *command, enum config_action action)
{
    if (run->boot == NULL) {
        /* At the top level it ends the config; of a submenu it is the entry's matter. */
        run->stopped = run->menu->parent == NULL && (action != CONFIG_ACTION_BOOT || run->loads);
        return true;
    }
    if (action == CONFIG_ACTION_BOOT && run->boot->kernel.path == NULL) {
        return run->first_warning != NULL ||
               fail_at(run, command->line, "boot before any kernel: a multiboot line is missing");
    }
    run->boot->action = action;
    run->stopped = true;
    return true;
}

/* ---- The other commands -------------------------------------------------------------------- */

/* Sets by "name=value"; the words are ours to write to. */
static bool assign(struct run *run, const struct command *command, const char *word)
{
    char *equals = strchr(word, '=');
    if (equals == NULL || equals == word) {
        warn(run, command->line, "'%.40s' is no assignment: write name=value without blanks", word);
        run->failed = true;
        return true;
    }
    *equals = 0;
    return set_variable(run, word, equals + 1, command->line);
}

/* One comparison or one-word test; *used says how many words it took. */
static bool test_one(struct run *run, const struct command *command, const char *word, size_t count,
                     size_t *used)
{
    static const char operators[] = "=\0==\0!=\0-eq\0-ne\0-lt\0-le\0-gt\0-ge\0";
    enum { EQUAL, EQUAL_TOO, DIFFERENT, FIRST_NUMERIC };
    const char *second = count > 1 ? next_word(word) : word;
    int comparison = count > 2 ? find_name(operators, second, strlen(second)) : -1;
    if (comparison >= 0) {
        const char *third = next_word(second);
        *used = 3;
        if (comparison < FIRST_NUMERIC) {
            return (strcmp(word, third) == 0) == (comparison != DIFFERENT);
        }
        int left = 0, right = 0;
        parse_number(word, strlen(word), &left);
        parse_number(third, strlen(third), &right);
        bool holds[] = {left == right, left != right, left<right, left <= right, left> right,
                        left >= right};
        return holds[comparison - FIRST_NUMERIC];
    }
    *used = 2;
    if (count > 1 && word[0] == '-' && word[1] != 0 && word[2] == 0) {
        if (word[1] == 'n' || word[1] == 'z') {
            return (*second != 0) == (word[1] == 'n');
        }
        warn(run, command->line, "the test %s is not supported yet: taken as false", word);
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
        if (strcmp(word, "!") == 0) {
            negated = !negated;
        } else if (strcmp(word, "-o") == 0) {
            any |= all;
            all = true;
        } else if (strcmp(word, "-a") != 0 && strcmp(word, "]") != 0) {
            all &= test_one(run, command, word, count, &used) != negated;
            negated = false;
        }
        for (count -= used; used > 0; used--) {
            word = next_word(word);
        }
    }
    return any || all;
}

static bool define_function(struct run *run, const struct command *command)
{
    struct config_function *function = ARENA_NEW(run->config->arena, struct config_function);
    if (function == NULL) {
        return fail_full(run, command->line);
    }
    if (!command->has_block || command->count < 2) {
        return fail_at(run, command->line, "function needs a name and '{'");
    }
    *function = (struct config_function){.next = run->config->functions,
                                         .name = next_word(command->words),
                                         .body = command->block,
                                         .body_line = command->block_line};
    run->config->functions = function;
    run->keep = true;
    return true;
}

static bool call_function(struct run *run, const struct command *command,
                          const struct config_function *function)
{
    if (!push_frame(run, FRAME_FUNCTION, command)) {
        return false;
    }
    struct frame *frame = &run->frames[run->depth - 1];
    frame->words = command->words;
    frame->count = command->count;
    run->keep = true;
    enter_block(run, function->body, function->body_line);
    return true;
}

/* A command that is none of the others': accepted, refused, a function's or unknown. */
static bool run_other(struct run *run, const struct command *command)
{
    /* What has no effect on what is booted from a disc. */
    static const char harmless[] =
        "true\0insmod\0export\0echo\0terminal_output\0terminal_input\0terminal\0serial\0loadfont\0"
        "search\0search.file\0search.fs_label\0search.fs_uuid\0load_video\0background_image\0"
        "background_color\0play\0clear\0sleep\0read\0load_env\0save_env\0keymap\0videoinfo\0"
        "vbeinfo\0lsmod\0ls\0cat\0date\0rmmod\0gettext\0savedefault\0recordfail\0";
    /* What an entry needs, and Whelk cannot do. */
    static const char refused[] =
        "linux\0initrd\0linux16\0initrd16\0linuxefi\0initrdefi\0chainloader\0configfile\0source\0"
        ".\0normal\0ntldr\0kfreebsd\0knetbsd\0kopenbsd\0xen_hypervisor\0xen_module\0fwsetup\0";
    const char *name = command->words;
    size_t length = strlen(name);
    if (find_name(harmless, name, length) >= 0) {
        return true;
    }
    for (const struct config_function *f = run->config->functions; f != NULL; f = f->next) {
        if (strcmp(f->name, name) == 0) {
            return call_function(run, command, f);
        }
    }
    if (find_name(refused, name, length) >= 0) {
        run->loads = true;
        if (run->boot != NULL) {
            return fail_at(run, command->line, "%s is not supported", name);
        }
        warn(run, command->line, "%s is not supported", name);
        return true;
    }
    if (strchr(name, '=') != NULL) {
        return assign(run, command, name);
    }
    warn(run, command->line, "unknown command '%.60s'", name);
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
    run->keep = true;
    run->loads = true;
    if (run->boot == NULL) {
        return true;
    }
    switch (which) {
    case COMMAND_MULTIBOOT:
        return load_kernel(run, command, CONFIG_MULTIBOOT1);
    case COMMAND_MULTIBOOT2:
        return load_kernel(run, command, CONFIG_MULTIBOOT2);
    case COMMAND_MODULE:
        return load_module(run, command, CONFIG_MULTIBOOT1);
    default:
        return load_module(run, command, CONFIG_MULTIBOOT2);
    }
}

static bool run_command(struct run *run, const struct command *command)
{
    const char *name = command->words;
    if (command->count == 0) {
        return true; /* all of it vanished: an unset variable */
    }
    int which = find_name(command_names, name, strlen(name));
    switch (which) {
    case COMMAND_SET:
        return command->count == 1 || assign(run, command, next_word(name));
    case COMMAND_UNSET:
        return command->count == 1 || set_variable(run, next_word(name), NULL, command->line);
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
        return run_action(run, command, (enum config_action)(which - COMMAND_BOOT));
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

/* if, then, elif, else, fi. */
static bool run_keyword(struct run *run, const struct command *command)
{
    struct frame *frame = run->depth > 0 ? &run->frames[run->depth - 1] : NULL;
    if (command->keyword == KEYWORD_IF) {
        bool discarding = run->discard;
        if (!push_frame(run, FRAME_IF, command)) {
            return false;
        }
        run->frames[run->depth - 1].state = discarding ? IF_SEEK_END : IF_CONDITION;
        return true;
    }
    if (command->keyword > KEYWORD_FI) {
        return run->discard || fail_at(run, command->line, "loops are not supported yet");
    }
    bool is_then = command->keyword == KEYWORD_THEN;
    if (frame == NULL || frame->kind != FRAME_IF ||
        (is_then ? frame->state == IF_BRANCH : frame->state == IF_CONDITION) ||
        (frame->has_else && command->keyword != KEYWORD_FI)) {
        return fail_at(run, command->line, "'%s' is out of place",
                       command->keyword == KEYWORD_FI     ? "fi"
                       : command->keyword == KEYWORD_ELSE ? "else"
                       : command->keyword == KEYWORD_ELIF ? "elif"
                                                          : "then");
    }
    if (command->keyword == KEYWORD_FI) {
        run->depth--;
    } else if (is_then) {
        if (frame->state == IF_CONDITION) {
            frame->state = run->failed ? IF_SEEK_BRANCH : IF_BRANCH;
        }
    } else {
        frame->has_else = command->keyword == KEYWORD_ELSE;
        if (frame->state != IF_SEEK_BRANCH) {
            frame->state = IF_SEEK_END;
        } else {
            frame->state = frame->has_else ? IF_BRANCH : IF_CONDITION;
        }
    }
    return true;
}

/* At the end of a block: back to behind it. */
static bool end_frame(struct run *run)
{
    const struct frame *frame = &run->frames[run->depth - 1];
    if (frame->kind == FRAME_IF) {
        return fail_at(run, frame->line, "'if' without its 'fi'");
    }
    if (frame->kind == FRAME_SUBMENU && !end_submenu(run, frame)) {
        return false;
    }
    run->cursor = frame->back;
    run->depth--;
    return true;
}

static bool run_step(struct run *run, const struct command *command)
{
    if (++run->steps > MAX_STEPS) {
        return fail_at(run, command->line, "more than %d commands: is this a loop?", MAX_STEPS);
    }
    if (command->keyword == KEYWORD_FUNCTION) {
        return run->discard || define_function(run, command);
    }
    if (command->keyword != NO_KEYWORD) {
        return run_keyword(run, command);
    }
    if (run->discard) {
        return true;
    }
    if (command->stray != 0) {
        warn(run, command->line, "'%c' must be in quotes", command->stray);
        return true;
    }
    run->failed = false;
    bool fine = run_command(run, command);
    run->failed ^= command->negated;
    return fine;
}

static bool run_commands(struct run *run)
{
    struct arena *arena = run->config->arena;
    while (!run->stopped) {
        struct command command;
        size_t mark = arena->used;
        const struct frame *top = &run->frames[run->depth - (run->depth > 0)];
        run->discard = run->depth > 0 && top->kind == FRAME_IF && top->state >= IF_SEEK_BRANCH;
        run->keep = false;
        switch (pull_command(run, &command)) {
        case PULLED_NOTHING:
            return false;
        case PULLED_END:
            if (run->depth == 0) {
                return true;
            }
            if (!end_frame(run)) {
                return false;
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

/* ---- The outside --------------------------------------------------------------------------- */

static bool check_text(const struct run *run, struct bytes *text)
{
    if (text->size > CONFIG_MAX_BYTES) {
        return fail_at(run, 1, "the config is larger than %d bytes", CONFIG_MAX_BYTES);
    }
    uint32_t line = 1;
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] == 0) {
            return fail_at(run, line, "a NUL byte: this is not a text in ASCII or UTF-8");
        }
        line += text->data[i] == '\n';
    }
    if (text->size >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0) {
        text->data += 3;
        text->size -= 3;
    }
    return true;
}

/* A config without entries, or with commands that boot before it comes to a menu. */
static bool make_only_entry(struct run *run, struct bytes text)
{
    struct config *config = run->config;
    config->entry_count = 0;
    return add_entry(run, &(struct config_entry){.title = config->name,
                                                 .id = "",
                                                 .line = 1,
                                                 .body = text,
                                                 .body_line = 1,
                                                 .menu = &config->top});
}

bool config_read_with(struct config *config, struct bytes text, const char *name,
                      const char *variables, struct arena *arena, struct error *error)
{
    *config = (struct config){.name = name, .arena = arena, .variables = variables};
    struct run run = {.config = config, .error = error, .menu = &config->top};
    if (!check_text(&run, &text) || !open_scope(&run, NULL, 1)) {
        return false;
    }
    config->scope = run.scope;
    enter_block(&run, text, 1);
    if (!run_commands(&run)) {
        return false;
    }
    if (run.stopped || (config->entry_count == 0 && run.loads)) {
        return make_only_entry(&run, text);
    }
    if (config->entry_count == 0) {
        return run.first_warning != NULL
                   ? fail_at(&run, run.first_warning_line, "%s", run.first_warning)
                   : fail_at(&run, 1, "the config has no menuentry");
    }
    return true;
}

bool config_read(struct config *config, struct bytes text, const char *name, struct arena *arena,
                 struct error *error)
{
    static const char variables[] = "root=cd\0prefix=(cd)/boot/grub\0cmdpath=(cd)\0"
                                    "grub_cpu=i386\0grub_platform=pc\0";
    return config_read_with(config, text, name, variables, arena, error);
}

int config_timeout(const struct config *config, bool *is_set)
{
    int seconds = -1;
    const char *value = variable_value(config, config->scope, "timeout", strlen("timeout"));
    *is_set = value != NULL && parse_number(value, strlen(value), &seconds);
    return seconds < 0 ? -1 : seconds;
}

/* Whether the first name of a path ("Sub>Entry"; a doubled '>' stands for itself) is that of an
   item: its position, title or id. */
static bool is_item(const char *path, size_t length, uint32_t position, const char *title,
                    const char *id)
{
    int number;
    if (parse_number(path, length, &number)) {
        return number >= 0 && (uint32_t)number == position;
    }
    const char *names[] = {title, id};
    for (size_t i = 0; i < 2; i++) {
        const char *name = names[i];
        size_t at = 0;
        for (; at < length && path[at] == *name && *name != 0; name++) {
            at += path[at] == '>' ? 2 : 1;
        }
        if (at == length && *name == 0) {
            return true;
        }
    }
    return false;
}

/* The entry of that name in a menu; entry_count: none. Without a name, the menu's first. */
static size_t find_entry(const struct config *config, const struct config_menu *menu,
                         const char *path, size_t length)
{
    size_t i = 0;
    for (; i < config->entry_count; i++) {
        const struct config_entry *entry = &config->entries[i];
        if (entry->menu == menu &&
            is_item(path, length, entry->position, entry->title, entry->id)) {
            break;
        }
    }
    return i;
}

/* The submenu of that name; NULL: none. */
static const struct config_menu *find_menu(const struct config *config,
                                           const struct config_menu *parent, const char *path,
                                           size_t length)
{
    const struct config_menu *menu = config->menus;
    while (menu != NULL && (menu->parent != parent ||
                            !is_item(path, length, menu->position, menu->title, menu->id))) {
        menu = menu->next;
    }
    return menu;
}

static size_t path_component(const char *path)
{
    size_t length = 0;
    while (path[length] != 0 && (path[length] != '>' || path[length + 1] == '>')) {
        length += path[length] == '>' ? 2 : 1;
    }
    return length;
}

/* The first entry in a menu or anywhere below it: they stand together in the list. */
static size_t first_entry(const struct config *config, const struct config_menu *menu)
{
    for (size_t i = 0; i < config->entry_count; i++) {
        const struct config_menu *above = config->entries[i].menu;
        while (above != NULL && above != menu) {
            above = above->parent;
        }
        if (above == menu) {
            return i;
        }
    }
    return 0;
}

size_t config_default(struct config *config)
{
    const struct config_variable *variable = find_variable(config->scope, "default", 7);
    if (variable == NULL || variable->value == NULL || *variable->value == 0) {
        return 0;
    }
    const struct config_menu *menu = &config->top;
    for (const char *path = variable->value; *path != 0;) {
        size_t length = path_component(path);
        size_t index = find_entry(config, menu, path, length);
        if (index < config->entry_count) {
            return index;
        }
        const struct config_menu *below = find_menu(config, menu, path, length);
        if (below == NULL) {
            add_warning(config, variable->line, "default names no entry: the first one is taken");
            break;
        }
        menu = below;
        path += length + (path[length] == '>');
    }
    return first_entry(config, menu);
}

bool config_evaluate(struct config *config, const struct config_entry *entry,
                     struct config_boot *boot, struct error *error)
{
    struct config_scope *outer = entry->scope != NULL ? entry->scope : config->scope;
    struct run run = {.config = config, .error = error, .boot = boot, .menu = &config->top};
    memset(boot, 0, sizeof *boot);
    if (!open_scope(&run, outer, entry->line)) {
        return false;
    }
    enter_block(&run, entry->body, entry->body_line);
    if (!run_commands(&run)) {
        return false;
    }
    if (boot->action != CONFIG_ACTION_BOOT || boot->kernel.path != NULL) {
        return true;
    }
    return run.first_warning != NULL
               ? fail_at(&run, run.first_warning_line, "%s", run.first_warning)
               : fail_at(&run, entry->line, "nothing to boot: a multiboot line is missing");
}
