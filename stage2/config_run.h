// SPDX-License-Identifier: BSD-2-Clause
// The evaluator's own: what the config_*.c files share, in the order in which they build on each
// other. The rest of the world sees config.h.
#pragma once

#include "stage2/config.h"

enum { NO_CHARACTER = -1 };

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

/* The words of a command that loads, from the file's name on. */
struct load_words {
    const char *word;
    size_t count;
};

/* ---- config_message.c ---------------------------------------------------------------------- */

/* "name:line: " and the reason; false. */
bool run_fail(const struct run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* The failure of whatever needs memory. */
bool run_fail_full(const struct run *run) __attribute__((cold));

/* Zeroed memory; NULL with the error set when there is none. */
void *run_allocate(const struct run *run, size_t size);

/* A remark about the run's line, behind those of the lines before; what has been said of a line
   is not repeated. */
void run_warn(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* ---- config_variables.c -------------------------------------------------------------------- */

/* The index of a name in a list of strings that ends with an empty one, -1: not there. */
int find_name(const char *list, const char *name, size_t length);
int find_word(const char *list, const char *word);

const char *next_word(const char *word);

bool is_digit(int c);
bool is_name_character(int c);
bool is_blank(int c);

/* A decimal number that makes up the whole text; *value stays as it is if it is none. */
bool parse_number(const char *text, size_t length, int *value);

struct config_variable *find_variable(const struct config_scope *scope, const char *name,
                                      size_t length);

/* The value that a scope and those above it give; NULL: not set. */
const char *variable_value(const struct config *config, const struct config_scope *scope,
                           const char *name, size_t length);

/* What stands for $name; NULL: nothing. */
const char *expansion(const struct run *run, const char *name, size_t length);

bool set_variable(struct run *run, const char *name, const char *value);

/* A scope in which what is set hides what the run has seen so far. */
bool run_open_scope(struct run *run, struct config_scope *parent);

/* ---- config_words.c ------------------------------------------------------------------------ */

int peek(struct cursor *cursor);
int take(struct cursor *cursor);

/* Words are built at the end of the arena. Nothing else may be allocated until the last one is
   complete. */
char *run_words_end(const struct run *run);
void run_put(struct run *run, int c);
void end_word(struct run *run);

bool ends_word(int c);

/* Reads a word at the cursor: nothing, one word or several, as its expansions want. The raw text
   is for comparison with reserved words. */
bool read_word(struct run *run, struct bytes *raw);

/* ---- config_pull.c ------------------------------------------------------------------------- */

enum pulled { PULLED_NOTHING, PULLED_END, PULLED_COMMAND };

/* The next command, its words expanded; nothing when an error stands in the way. */
enum pulled run_pull(struct run *run, struct command *command);

/* ---- config_menu.c, config_load.c, config_test.c, config_commands.c ------------------------ */

/* An array with room for one element more than count; moved whenever count reaches a power of
   two. */
void *grown(struct run *run, void *array, size_t count, size_t size);

bool run_add_entry(struct run *run, const struct config_entry *entry);
bool run_menuentry(struct run *run, const struct command *command, bool is_submenu);
bool end_submenu(struct run *run, const struct frame *frame);

#define GFXPAYLOAD "gfxpayload"
#define TIMING     "whelk_timing"

bool load_kernel(struct run *run, struct load_words words, enum config_protocol protocol);
bool load_module(struct run *run, struct load_words words, enum config_protocol protocol);

/* `boot` and what ends an entry without booting it. */
bool run_action(struct run *run, enum config_action action);

/* `test …`, `[ … ]`: -a binds more than -o. */
bool run_test(struct run *run, const struct command *command);

bool define_function(struct run *run, const struct command *command);
bool run_command(struct run *run, const struct command *command);

/* ---- config_flow.c ------------------------------------------------------------------------- */

/* Puts the cursor to the start of a text. */
void run_enter(struct run *run, struct bytes text, uint32_t line);

/* NULL with the error set: too many, or no memory. */
struct frame *push_frame(struct run *run, enum frame_kind kind);
void pop_frame(struct run *run);

/* Executes up to the end of the text or a command that stops. */
bool run_commands(struct run *run);
