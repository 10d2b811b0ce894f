// SPDX-License-Identifier: BSD-2-Clause
// What the files of stage2/config/ share, in the order in which they build on each other. All other
// code includes config.h only.
#pragma once

#include "stage2/config/config.h"
#include "stage2/config/overlay.h"

enum { NO_CHARACTER = -1 };

/* A place in a text. */
struct cursor {
    const char *name; /* the text's file */
    struct bytes text;
    size_t at;
    uint32_t line;
};

/* The order matters: break and continue look only at frames up to FRAME_LOOP; frames from
   FRAME_SUBMENU on have arguments ($1, …). */
enum frame_kind { FRAME_IF, FRAME_LOOP, FRAME_SOURCE, FRAME_SUBMENU, FRAME_CALL };

/* Which part of an `if` or loop is read. The SEEK states skip commands up to the next branch, to
   the block's end, or to the loop's next turn. */
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
    bool loads;         /* submenu: evaluator.loads from before it, restored at its end */
    uint32_t line;      /* where it begins */
    struct cursor back; /* where to go on after it; loop: its condition */
    const char *name;   /* for: its variable */
    const char *words;  /* call: its arguments; for: the words that are left */
    size_t count;       /* number of words */
};

struct config_variable {
    struct config_variable *next;
    const char *name;
    const char *value; /* NULL: unset, which hides the values of outer scopes */
    uint32_t line;
    bool is_exported; /* a config that this one leads to sees it, too */
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

/* A command, or a keyword: most keywords end it, the next word begins another command. */
struct command {
    int keyword; /* NO_KEYWORD, or an index into parser.c's keywords */
    bool negated;
    bool has_block;
    int stray;         /* a character that GRUB reserves: | & < >; 0: none */
    const char *words; /* adjacent strings, each with its NUL; the first is the command's name */
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

/* What commands have loaded. */
enum loaded {
    LOADED_REGEXP = 1,   /* insmod regexp: wildcards in words are expanded */
    LOADED_VIDEO = 2,    /* a video driver */
    LOADED_GRAPHICS = 4, /* the graphics terminal is in use */
    LOADED_BOCHS = 8,    /* the driver of QEMU's and Bochs's VGA */
    LOADED_CIRRUS = 16,  /* the driver of Cirrus Logic's VGA */
};

/* Wildcards that are not quoted, in an open word: control characters that no text has. */
enum { ANY_CHARACTERS = 1, ANY_CHARACTER = 2 };

/* One evaluation, of the top level or of an entry. */
struct evaluator {
    struct config *config;
    struct arena *arena;
    struct error *error;
    struct config_boot *boot; /* NULL: inside a submenu, which only lists its entries */
    struct config_scope *scope;
    struct config_menu *menu;
    struct cursor cursor;
    uint32_t line;             /* the current command's, for messages */
    uint32_t first_long_quote; /* line of the first quote that goes over a line's end; 0: none */
    size_t steps;
    size_t word_count; /* words of the command being read, unless discarded */
    size_t word_start; /* of the open word, in the arena */
    bool is_pattern;   /* the open word has wildcards */
    bool word_open;    /* a word has begun, even an empty one such as "" */
    bool discard;      /* words are skipped, not kept */
    bool full;         /* the arena had no room for a word */
    bool keep;         /* the command's words stay in use */
    bool failed;       /* $? is not 0 */
    bool is_elsewhere; /* the last path named another device */
    unsigned loaded;   /* bits of enum loaded */
    bool lists;        /* menuentry adds entries: the top level is evaluated, not an entry */
    bool loads;        /* a command has loaded something to boot */
    bool stopped;      /* by boot, halt, … */
    const struct config_warning *first_warning;
    unsigned depth; /* number of frames */
    struct frame *top;
};

/* The words of a command that have not been read yet. */
struct words {
    const char *word;
    size_t count;
};

/* ---- config/message.c ------------------------------------------------------------------------ */

/* Sets the error's text; returns false. eval_finish_error() then adds "name:line: " in front. */
bool eval_fail(const struct evaluator *eval, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

bool eval_finish_error(const struct evaluator *eval) __attribute__((cold));

/* Fails because the arena is full. */
bool eval_fail_full(const struct evaluator *eval) __attribute__((cold));

/* Zeroed memory; NULL with the error set when there is none. */
void *eval_allocate(const struct evaluator *eval, size_t size);

/* Adds a warning about the current line to the config's, unless it has the same one already. */
void eval_warn(struct evaluator *eval, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* ---- config/variables.c ---------------------------------------------------------------------- */

/* The index of a name in a list of strings that ends with an empty one; -1: not there. */
int find_name(const char *list, const char *name, size_t length);
int find_word(const char *list, const char *word);

const char *next_word(const char *word);

bool is_digit(int c);
bool is_name_character(int c);
bool is_blank(int c);

/* Reads a text that is one decimal number. False: it is none, and *value stays as it is. */
bool parse_number(const char *text, size_t length, int *value);

struct config_variable *find_variable(const struct config_scope *scope, const char *name,
                                      size_t length);

/* A variable's value in a scope and its parents; NULL: not set. */
const char *variable_value(const struct config *config, const struct config_scope *scope,
                           const char *name, size_t length);

/* The innermost frame with arguments (of a call, an entry or a submenu); NULL: none. */
struct frame *find_call(const struct evaluator *eval);

/* The value of $name, $1, … or $?; NULL: not set. */
const char *expansion(const struct evaluator *eval, const char *name, size_t length);

/* Sets a variable in the current scope; both texts must stay in memory. NULL unsets it. */
bool set_variable(struct evaluator *eval, const char *name, const char *value);

/* Marks a variable for the configs that this one leads to. */
bool export_variable(struct evaluator *eval, const char *name);

/* Opens a scope below parent: variables set from now on hide the parent's. */
bool eval_open_scope(struct evaluator *eval, struct config_scope *parent);

/* ---- config/lexer.c -------------------------------------------------------------------------- */

int peek(struct cursor *cursor);
int take(struct cursor *cursor);

/* The end of the arena, where words are built. Nothing else may be allocated until the last word is
   complete. */
char *eval_words_end(const struct evaluator *eval);
void eval_put(struct evaluator *eval, int c);
void open_word(struct evaluator *eval);
void end_word(struct evaluator *eval);

/* Adds a value to the open word. Unquoted, blanks inside the value split it into words. */
void put_value(struct evaluator *eval, const char *value, bool quoted);

bool ends_word(int c);

/* Reads the word at the cursor; its expansions may make none or several of it. *raw is its text
   before expansion. */
bool read_word(struct evaluator *eval, struct bytes *raw);

/* ---- config/parser.c ------------------------------------------------------------------------- */

enum pulled { PULLED_NOTHING, PULLED_END, PULLED_COMMAND };

/* Reads the next command and expands its words. PULLED_NOTHING: the error is set. */
enum pulled eval_pull(struct evaluator *eval, struct command *command);

/* ---- config/menuentry.c, config/load.c, config/commands.c ------------------------------------ */

/* Returns the array with room for one element more; moves it when count is a power of two. */
void *array_reserve(struct evaluator *eval, void *array, size_t count, size_t size);

/* Whether a block has no command, only blanks and comments. GRUB refuses its syntax. */
bool is_empty(struct bytes block);

/* Fills an entry from the words and the block of a menuentry or submenu command. */
bool read_entry(struct evaluator *eval, const struct command *command, struct config_entry *entry);

bool command_menuentry(struct evaluator *eval, const struct command *command);
bool eval_add_entry(struct evaluator *eval, const struct config_entry *entry);

#define GFXPAYLOAD "gfxpayload"
#define TIMING     "whelk_timing"
#define VERIFY     "whelk_verify"

/* The words after a command's name. */
struct words words_of(const struct command *command);

const char *take_word(struct words *words);

/* Takes the next word if it is in the list, and returns its index there; -1: it is not. */
int take_option(struct words *words, const char *list);

/* Runs, from the overlay, a command that is not one of command_names, or a keyword from
   KEYWORD_FUNCTION on. */
bool eval_rare_command(struct evaluator *eval, const struct command *command);

/* The name of the disc that we boot from: the first value of root. */
const char *boot_device(const struct evaluator *eval);

/* Removes the device from a path's start if it is the disc that we boot from, or one that is not
   there; else "(device)/path" is the result. A path without a device is on that of the variable
   root. eval->is_elsewhere is set if it is another one. False: the path is not absolute. */
bool clean_path(struct evaluator *eval, const char **path);

bool load_kernel(struct evaluator *eval, struct words words, enum config_protocol protocol);

/* is_2: the command is module2, which goes with multiboot2 only. */
bool load_module(struct evaluator *eval, struct words words, bool is_2);

/* Joins words as GRUB does: a blank between words, quotes around a word with a blank, a backslash
   before quotes and backslashes. Sets eval->full if there is no room. */
const char *join_words(struct evaluator *eval, const char *word, size_t count);

/* Ends a command that loads something. loaded: its result. At the top level a failure is only a
   warning: the entries may still be good. */
bool finish_load(struct evaluator *eval, bool loaded);

/* Reads a file's path and arguments. */
bool read_file_words(struct evaluator *eval, const struct words *words, struct config_file *file);

/* Runs a command that ends an entry: boot, reboot, … */
bool eval_action(struct evaluator *eval, enum config_action action);

bool eval_command(struct evaluator *eval, const struct command *command);

/* The commands that eval_command() runs without the overlay. */
extern const char command_names[];

/* ---- config/evaluator.c ---------------------------------------------------------------------- */

/* Puts the cursor to the start of a text. */
void eval_enter(struct evaluator *eval, const struct config_text *text);

/* NULL with the error set: too many frames, or no memory. */
struct frame *push_frame(struct evaluator *eval, enum frame_kind kind);
void pop_frame(struct evaluator *eval);

/* Skips the rest of a line, with a warning: it has a keyword such as `fi` outside any block. */
bool skip_line(struct evaluator *eval, const struct command *command);

/* Fails because a frame's block lacks a part or has a misplaced one. */
bool fail_part(const struct evaluator *eval, const struct frame *frame);

/* Evaluates commands up to the end of the text or to a command that stops the evaluation. */
bool eval_commands(struct evaluator *eval);

/* Removes a byte order mark from a text's start. False: no text, or too large; *line says where. */
bool check_text(struct config *config, struct bytes *text, uint32_t *line, struct error *error);

/* ---- The overlay ----------------------------------------------------------------------------- */

typedef bool command_function(struct evaluator *eval, const struct command *command);

/* ---- config/loop, function, submenu, legacy, test -------------------------------------------- */

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

/* A command's first argument as a number; otherwise, if it has none. */
int number_of(const struct command *command, int otherwise);

command_function command_submenu;
bool end_submenu(struct evaluator *eval, const struct frame *frame);
size_t find_default(struct config *config, const struct config_variable *variable);
size_t find_entry(const struct config *config, const char *path);
size_t find_fallback(struct config *config, unsigned number);

bool config_from_legacy(struct bytes *text, struct arena *arena);

command_function command_chainloader;

command_function command_test; /* test …, [ … ]: -a binds more than -o */

command_function command_linux; /* linux, initrd, …: config/commands_linux */

/* ---- config/find_node, fonts, environment_block, commands_files, commands_machine, regexp,
 * wildcards */

/* The platform's functions that only look something up; inside a submenu, too. */
const struct config_platform *find_queries(const struct evaluator *eval);

/* What a path names: on the disc, or on an ISO that grub-mkrescue makes of the same tree, which has
   GRUB's own files as well. */
enum config_node find_node(const struct evaluator *eval, const char *path);

/* The node of a word that may have a device in front; CONFIG_NODE_NONE if it is no path. */
enum config_node find_word_node(const struct evaluator *eval, const char *word);

command_function command_loadfont;
command_function command_background; /* background_image, background_color */
command_function command_use_file;   /* play, keymap */
command_function command_load_env;   /* load_env, list_env */
command_function command_save_env;
command_function command_regexp;
command_function command_file;
command_function command_cmp;
command_function command_hashsum; /* hashsum, md5sum, … */
command_function command_probe;
command_function command_smbios;
command_function command_cmostest;
command_function command_rmmod;
void expand_word(struct evaluator *eval);

/* Sets a variable to a copy of a value. */
bool set_copy(struct evaluator *eval, const char *name, const char *value);

/* Sets the variable or, if there is no name, prints the value and a newline. */
bool give_value(struct evaluator *eval, const char *name, const char *value);

/* ---- config/commands_io, search -------------------------------------------------------------- */

/* The platform; inside a submenu, whose entries are only listed, one without functions. */
const struct config_platform *find_platform(const struct evaluator *eval);

/* Takes the next word if it is an option, -name or --name, perhaps with =value (*value; else NULL).
   Returns its index in names; -1: no option; -2: an unknown one, with a warning. */
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
bool locate_path(struct evaluator *eval, const char *device, const char **path);

/* ---- config/loopback ------------------------------------------------------------------------- */

command_function command_loopback;

/* The image that is a device of this name, of length bytes: "/live.iso"; on another disc
   "hd0,1/live.iso". NULL: there is none. */
const char *loop_image(const struct evaluator *eval, const char *name, size_t length);

/* Puts a device of length bytes in front of a path: "(device)/path". False: no memory. */
bool put_device(const struct evaluator *eval, const char *device, size_t length, const char **path);

/* Looks for a file in all images, the latest first. False: it is in none. */
bool search_images(const struct evaluator *eval, const char *file,
                   char device[CONFIG_DEVICE_BYTES]);

/* ---- config/show ----------------------------------------------------------------------------- */

command_function command_ls;
command_function command_help;
command_function command_show_memory;
