// SPDX-License-Identifier: BSD-2-Clause
// The evaluator's own: what the config_*.c files share, in the order in which they build on each
// other. The rest of the world sees config.h.
#pragma once

#include "stage2/config/config.h"
#include "stage2/config/overlay.h"

enum { NO_CHARACTER = -1 };

struct cursor {
    const char *name; /* of the file */
    struct bytes text;
    size_t at;
    uint32_t line;
};

/* break and continue see the first two; the last two have arguments. */
enum frame_kind { FRAME_IF, FRAME_LOOP, FRAME_SOURCE, FRAME_SUBMENU, FRAME_CALL };

/* Where an `if` or a loop stands. In the last three nothing is executed: up to the next branch, the
   block's end, or the loop's next turn. */
enum frame_state {
    STATE_CONDITION,
    STATE_BRANCH,
    STATE_SEEK_BRANCH,
    STATE_SEEK_END,
    STATE_SEEK_TURN
};

struct frame {
    struct frame *outer;
    uint8_t kind;
    uint8_t state;
    bool has_else;
    bool is_until;
    bool loads;         /* the run's, put back at the end of a submenu */
    uint32_t line;      /* where it begins */
    struct cursor back; /* where the text goes on behind the block; a loop's begin */
    const char *name;   /* of a for: its variable */
    const char *words;  /* of a call, the arguments; of a for, what is left of its list */
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
    struct config_text body;
};

/* Words stand one behind the other, each with its NUL. */
struct command {
    int keyword; /* of the list of keywords; what follows is a command of its own */
    bool negated;
    bool has_block;
    int stray; /* a character that GRUB reserves: | & < > */
    const char *words;
    size_t count;
    struct config_text block;
};

enum keyword {
    KEYWORD_IF,
    KEYWORD_THEN,
    KEYWORD_ELIF,
    KEYWORD_ELSE,
    KEYWORD_FI,
    KEYWORD_FUNCTION,
    KEYWORD_WHILE,
    KEYWORD_UNTIL,
    KEYWORD_FOR,
    KEYWORD_DO,
    KEYWORD_DONE,
};
enum { NO_KEYWORD = -1 };

/* One evaluation, of the top level or of an entry. */
struct evaluator {
    struct config *config;
    struct arena *arena;
    struct error *error;
    struct config_boot *boot; /* NULL: in a submenu, whose entries are listed, no more */
    struct config_scope *scope;
    struct config_menu *menu;
    struct cursor cursor;
    uint32_t line;             /* of the command; what messages are about */
    uint32_t first_long_quote; /* line of the first quote that runs over a line's end, 0: none */
    size_t steps;
    size_t word_count; /* of the command being read */
    bool word_open;    /* a word has begun, be it empty as "" */
    bool discard;      /* words are read past, not kept */
    bool full;         /* the arena had no room for a word */
    bool keep;         /* the command's words stay in use */
    bool failed;       /* $? is not 0 */
    bool lists;        /* entries: it is the config's, not an entry's */
    bool loads;        /* a command was met that loads something to boot */
    bool stopped;      /* boot, halt, … */
    const struct config_warning *first_warning;
    unsigned depth; /* frames */
    struct frame *top;
};

/* The words of a command that are still to be looked at. */
struct words {
    const char *word;
    size_t count;
};

/* ---- config/message.c ---------------------------------------------------------------------- */

/* The reason; false. eval_finish_error() puts "name:line: " before it, once the run has ended. */
bool eval_fail(const struct evaluator *eval, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

bool eval_finish_error(const struct evaluator *eval) __attribute__((cold));

/* The failure of whatever needs memory. */
bool eval_fail_full(const struct evaluator *eval) __attribute__((cold));

/* Zeroed memory; NULL with the error set when there is none. */
void *eval_allocate(const struct evaluator *eval, size_t size);

/* A remark about the run's line, behind those of the lines before; what has been said of a line
   is not repeated. */
void eval_warn(struct evaluator *eval, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* ---- config/variables.c -------------------------------------------------------------------- */

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

/* The innermost call, or NULL. */
struct frame *find_call(const struct evaluator *eval);

/* What stands for $name; NULL: nothing. */
const char *expansion(const struct evaluator *eval, const char *name, size_t length);

bool set_variable(struct evaluator *eval, const char *name, const char *value);

/* A scope in which what is set hides what the run has seen so far. */
bool eval_open_scope(struct evaluator *eval, struct config_scope *parent);

/* ---- config/lexer.c ------------------------------------------------------------------------ */

int peek(struct cursor *cursor);
int take(struct cursor *cursor);

/* Words are built at the end of the arena. Nothing else may be allocated until the last one is
   complete. */
char *eval_words_end(const struct evaluator *eval);
void eval_put(struct evaluator *eval, int c);
void end_word(struct evaluator *eval);

/* A value outside quotes makes several words where it has blanks inside. */
void put_value(struct evaluator *eval, const char *value, bool quoted);

bool ends_word(int c);

/* Reads a word at the cursor: nothing, one word or several, as its expansions want. The raw text
   is for comparison with reserved words. */
bool read_word(struct evaluator *eval, struct bytes *raw);

/* ---- config/parser.c ------------------------------------------------------------------------- */

enum pulled { PULLED_NOTHING, PULLED_END, PULLED_COMMAND };

/* The next command, its words expanded; nothing when an error stands in the way. */
enum pulled eval_pull(struct evaluator *eval, struct command *command);

/* ---- config/menuentry.c, config/load.c, config/commands.c ---------------------------------------
 */

/* An array with room for one element more than count; moved whenever count reaches a power of
   two. */
void *array_reserve(struct evaluator *eval, void *array, size_t count, size_t size);

/* What menuentry and submenu say. */
bool read_entry(struct evaluator *eval, const struct command *command, struct config_entry *entry);

bool command_menuentry(struct evaluator *eval, const struct command *command);
bool eval_add_entry(struct evaluator *eval, const struct config_entry *entry);

#define GFXPAYLOAD "gfxpayload"
#define TIMING     "whelk_timing"

/* The words behind a command's name. */
struct words words_of(const struct command *command);

/* Takes the next word. */
const char *take_word(struct words *words);

/* Takes an option off; -1: none of the list's. */
int take_option(struct words *words, const char *list);

/* Any other command, and keywords from KEYWORD_FUNCTION on. */
bool eval_rare_command(struct evaluator *eval, const struct command *command);

/* A path without its device. False: it is not absolute. */
bool clean_path(const struct evaluator *eval, const char **path);

bool load_kernel(struct evaluator *eval, struct words words, enum config_protocol protocol);
bool load_module(struct evaluator *eval, struct words words, enum config_protocol protocol);

/* The file's name alone, as that of a kernel. */
bool read_file_words(struct evaluator *eval, const struct words *words, struct config_file *file);

/* `boot` and what ends an entry without booting it. */
bool eval_action(struct evaluator *eval, enum config_action action);

bool eval_command(struct evaluator *eval, const struct command *command);

/* The names of its commands. */
extern const char command_names[];

/* ---- config/evaluator.c -------------------------------------------------------------------------
 */

/* Puts the cursor to the start of a text. */
void eval_enter(struct evaluator *eval, const struct config_text *text);

/* NULL with the error set: too many, or no memory. */
struct frame *push_frame(struct evaluator *eval, enum frame_kind kind);
void pop_frame(struct evaluator *eval);

/* Part of a block that was never begun, at the top level: the rest of the line is lost, no more. */
bool skip_line(struct evaluator *eval, const struct command *command);

/* The failure of what lacks a part, or has one too many. */
bool fail_part(const struct evaluator *eval, const struct frame *frame);

/* Executes up to the end of the text or a command that stops. */
bool eval_commands(struct evaluator *eval);

/* Takes the mark off that may stand before a text. False, and the line, if it is none. */
bool check_text(struct bytes *text, uint32_t *line, struct error *error);

/* ---- What few configs need ----------------------------------------------------------------- */

typedef bool command_function(struct evaluator *eval, const struct command *command);

/* ---- config/loop.overlay.c, config/function.overlay.c, config/submenu.overlay.c,
 * config/legacy.overlay.c, config/test.overlay.c --- */

command_function command_loop; /* while, until, for, do, done */
command_function command_break;
command_function command_continue;

command_function define_function;
command_function command_return;
command_function command_shift;
command_function command_set_parameters;
command_function command_source;
command_function command_eval;
const struct config_function *find_function(const struct evaluator *eval, const char *name);
bool call_function(struct evaluator *eval, const struct command *command,
                   const struct config_function *function);
void put_arguments(struct evaluator *eval, int which, bool quoted);

/* A command's first argument as a number. */
int number_of(const struct command *command, int otherwise);

command_function command_submenu;
bool end_submenu(struct evaluator *eval, const struct frame *frame);
size_t find_default(struct config *config, const struct config_variable *variable);
size_t find_fallback(struct config *config, unsigned number);

bool config_from_legacy(struct bytes *text, struct arena *arena);

command_function command_test; /* test …, [ … ]: -a binds more than -o */

/* ---- config/commands_io.overlay.c, config/search.overlay.c
 * -------------------------------------------------------- */

/* The host, if the command is one to be carried out: the entries of a submenu are only listed. */
const struct config_platform *find_platform(const struct evaluator *eval);

/* Takes the next option: -1 there is none, -2 it is an unknown one (with a warning). */
int take_long_option(struct evaluator *eval, struct words *words, const char *names,
                     const char **value);

command_function command_echo;
command_function command_clear;
command_function command_sleep;
command_function command_read;
command_function command_cpuid;
command_function command_keystatus;
command_function command_cat;
command_function command_serial;
command_function command_terminal;
command_function command_search;

/* ---- config/show.overlay.c
 * --------------------------------------------------------------------------- */

command_function command_ls;
command_function command_help;
command_function command_show_memory;
