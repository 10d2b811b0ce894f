// SPDX-License-Identifier: BSD-2-Clause
// The command lines of other programs, and running them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A command line that grows; its words are copies. */
struct command {
    char **words; /* NULL after the last */
    size_t count;
    bool failed; /* there was no memory for a word */
};

void command_add(struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void command_free(struct command *command);

/* In place of a descriptor for a stream: ours, or /dev/null. */
enum { STREAM_OURS = -1, STREAM_NOTHING = -2 };

/* How a program is started. */
struct start {
    int input, output, errors; /* descriptors of its standard streams */
    bool has_own_group;        /* it leads a process group of its own */
    bool dies_with_us;         /* it is killed when we end */
    bool (*prepare)(void);   /* called in the child before the program; false: see errno; or NULL */
    volatile pid_t *running; /* gets its id before a signal's handler can run; or NULL */
};

/* Starts a program, found in PATH, whose command line has not failed. It inherits the descriptors
   that are not closed on exec, and ignores the signals that we ignore. Returns its process id; -1
   with errno: it does not run. */
pid_t command_start(const struct command *command, const struct start *start);

/* Waits until a program has ended. Returns its status as waitpid() does. */
int command_wait(pid_t program);
