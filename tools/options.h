// SPDX-License-Identifier: BSD-2-Clause
// The command line, read by a table: -o X, -oX, --long X, --long=X, and -long X as xorriso has it;
// operands and options in any order.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "loader/error.h"

struct option {
    char letter;          /* 0: none */
    const char *name;     /* without the dashes */
    const char *argument; /* its name in the help, NULL: takes none */
    const char *help;
    bool (*set)(void *settings, const char *argument, struct error *error);
};

/* Calls the options' set(); operands (count: at most argc) gets what is no option, in
   order. options ends with an entry without a name. */
bool options_read(int argc, char **argv, const struct option *options, void *settings,
                  char **operands, size_t *operand_count, struct error *error);

/* Prints the options' part of the help on standard output. */
void options_help(const struct option *options);
