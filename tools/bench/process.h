// SPDX-License-Identifier: BSD-2-Clause
// The programs that a bench starts and the directory that it works in: whatever happens, a signal
// included, none of them is left behind.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "loader/error.h"
#include "tools/iso/xorriso.h"

/* Makes the directory, under TMPDIR or /tmp, and catches the signals that end a program. */
bool process_prepare(struct error *error);

/* Ends what runs and removes the directory; dies of the signal that came, if one did. */
void process_clean_up(void);

/* Whether such a signal came; then nothing new is to be started. */
bool process_interrupted(void);

/* Between true and false, what undoes something is started although a signal came. */
void process_undo(bool begins);

/* Prints what the last program printed, on standard error. */
void process_show_log(void);

/* A path in the directory. */
void process_scratch(char path[PATH_MAX], const char *name);

/* Starts a program in that directory, without input, what it prints going to the scratch file LOG;
   it inherits the descriptors that are not closed on exec. It is killed by a signal to us, and when
   we are. One at a time. */
#define PROCESS_LOG "log"
bool process_start(const struct command *command, struct error *error);

/* Whether it has ended; *status as by waitpid(). */
bool process_ended(int *status);

/* Kills it, if it still runs. */
void process_kill(void);

/* The last line that it printed, or "". */
void process_last_line(char *line, size_t size);

/* Runs a program to its end; one that fails is an error that quotes its last line. */
bool process_run(const struct command *command, struct error *error);

/* Whether PATH has such a program. */
bool process_is_installed(const char *program);
