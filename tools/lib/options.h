// SPDX-License-Identifier: BSD-2-Clause
// The command line, read by a table: -o X, -oX, -o=X, --long X, --long=X, and -long X as xorriso
// has it; operands and options in any order; what follows "--" is another program's.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "loader/error.h"

struct option {
    char letter;          /* 0: none */
    const char *name;     /* without the dashes */
    const char *argument; /* its name in the help, NULL: takes none */
    const char *help;     /* NULL: has no line in the help */
    /* NULL: the option is taken, with its argument, and means nothing. */
    bool (*set)(void *field, const char *argument, struct error *error);
    size_t field; /* offset in the settings of what set() gets; 0: all of them */
};

/* For set(): a field that keeps the argument (const char *), or that the option is there (bool). */
bool options_text(void *field, const char *argument, struct error *error);
bool options_flag(void *field, const char *argument, struct error *error);

struct words {
    char **at; /* borrowed from argv; room for argc words */
    size_t count;
};

struct command_line {
    struct words operands;
    struct words foreign; /* options of another program, with their arguments */
    struct words ignored; /* options that mean nothing */
    struct words rest;    /* what follows "--" */
};

/* How many words an option of another program takes, itself included; 0: it has no such option. */
typedef size_t foreign_option(const char *word);

/* Calls the options' set(), and sorts the other words. options ends with an entry without a
   name. is_foreign may be NULL; if not, our options are looked for behind "--" as well, where they
   are spelt out, as grub-mkrescue does. options_free() in any case. */
bool options_read(int argc, char **argv, const struct option *options, foreign_option *is_foreign,
                  void *settings, struct command_line *line, struct error *error);
void options_free(struct command_line *line);

/* Whether the words have an option of that name, with one dash or two. */
bool options_named(const struct words *words, const char *name);

/* An argument that is a number from 1 to most. */
bool options_number(const char *argument, unsigned most, unsigned *number, struct error *error);

/* Prints the options' part of the help on standard output. */
void options_help(const struct option *options);
