// SPDX-License-Identifier: BSD-2-Clause
// Reads a command line by a table of options. Forms: -o X, -oX, -o=X, --long X, --long=X, and -long
// X as of xorriso. Operands and options may be mixed. Words after "--" are another program's.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "loader/error.h"

struct option {
    char letter;      /* 0: none */
    const char *name; /* without the dashes */
    /* The argument's name in the help, or its values as "this|that"; the shells' completions read
       it there. NULL: takes none. "[NAME]": may be left out, and otherwise follows '='. */
    const char *argument;
    const char *help; /* NULL: has no line in the help */
    /* Stores the option. False: the error says what is wrong with the argument; the option's name
       is put before it. NULL: the option and its argument are ignored. */
    bool (*set)(void *field, const char *argument, struct error *error);
    size_t field; /* offset in the settings of what set() gets; 0: the settings */
};

/* Functions for set(): store the argument in a const char *, or true in a bool. */
bool options_text(void *field, const char *argument, struct error *error);
bool options_flag(void *field, const char *argument, struct error *error);

struct words {
    char **at; /* borrowed from argv; room for argc words */
    size_t count;
};

struct command_line {
    struct words operands;
    struct words foreign; /* options of another program, with their arguments */
    struct words ignored; /* options without a set() */
    struct words rest;    /* the words after "--" */
};

/* Returns how many words another program's option takes, itself included; 0: no such option. */
typedef size_t foreign_option(const char *word);

/* Calls set() for each option and sorts the other words into the line. The table of options ends
   with an entry without a name. is_foreign may be NULL. If it is not, options of ours also count
   after "--" if they are spelt out, as with grub-mkrescue. Call options_free() in any case. */
bool options_read(int argc, char **argv, const struct option *options, foreign_option *is_foreign,
                  void *settings, struct command_line *line, struct error *error);
void options_free(struct command_line *line);

/* True if one of the words is this option ("-name"), with one dash or two. */
bool options_named(const struct words *words, const char *name);

/* Reads a decimal number of some unit ("seconds") from 1 to most. */
bool options_number(const char *argument, const char *unit, unsigned most, unsigned *number,
                    struct error *error);

/* Reads a size of memory, in MiB or with a unit: 512, 512M, 512MiB, 2G, 2GiB. */
bool options_memory(const char *argument, unsigned least_mib, unsigned most_mib, unsigned *mib,
                    struct error *error);

/* Finds the argument among its values "this|that", and sets *index to its place there. */
bool options_choice(const char *argument, const char *choices, size_t *index, struct error *error);

/* Prints the options' part of the help on standard output. */
void options_help(const struct option *options);
