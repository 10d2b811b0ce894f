// SPDX-License-Identifier: BSD-2-Clause
// Running xorriso, which writes the ISO 9660 file system.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "loader/error.h"

/* A command line that grows; its words are copies. */
struct command {
    char **words; /* NULL behind the last */
    size_t count;
    bool failed; /* out of memory, at some word */
};

void command_add(struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void command_free(struct command *command);

/* Runs it. What it prints is shown when verbose, else the problems that it names when it fails; a
   bar shows its progress on a terminal. */
bool command_run(const struct command *command, bool verbose, struct error *error);
