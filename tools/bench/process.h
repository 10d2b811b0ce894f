// SPDX-License-Identifier: BSD-2-Clause
// The programs that a bench starts, and the scratch directory in which it works. Whatever happens,
// a signal included, neither is left.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "loader/error.h"
#include "tools/lib/command.h"

/* Makes the directory, under TMPDIR or /tmp, and catches the signals that end a program. */
bool process_prepare(struct error *error);

/* Kills the program that runs and removes the directory. If a signal came, dies of it. */
void process_clean_up(void);

/* True if such a signal came: then no new program may be started. */
bool process_interrupted(void);

/* After process_undo(true), programs that undo something are started although a signal came. */
void process_undo(bool begins);

/* Copies the last program's output to standard error. */
void process_show_log(void);

/* Makes a path in the directory. */
void process_scratch(char path[PATH_MAX], const char *name);

/* Starts a program in the directory, without input. Its output goes to the scratch file LOG. It
   inherits the descriptors that are not closed on exec. It is killed by a signal to us, and when we
   end. Only one program runs at a time. */
#define PROCESS_LOG "log"
bool process_start(const struct command *command, struct error *error);

/* True if the program has ended; *status is as of waitpid(). */
bool process_ended(int *status);

/* Kills the program, if it still runs. */
void process_kill(void);

/* Copies the last line of the last program's output, or "". */
void process_last_line(char *line, size_t size);

/* Runs a program to its end. One that fails is an error that quotes its last line. */
bool process_run(const struct command *command, struct error *error);

/* True if there is such a program, in PATH if the name has no slash. */
bool process_is_installed(const char *program);
