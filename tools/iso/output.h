// SPDX-License-Identifier: BSD-2-Clause
// An ISO that appears whole or not at all: written in a temporary directory beside its place,
// renamed at the end; taken away on failure and on the signals that end a program from outside (not
// on SIGKILL). Standard output, a device or a pipe gets a copy of the ISO once it is whole.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include "loader/error.h"

enum { OUTPUT_OWN_FILES = 8 };

struct output {
    const char *name;                     /* the caller's */
    char path[PATH_MAX];                  /* where it shall be, absolute; symbolic links followed */
    int copied_to;                        /* what gets a copy instead; -1: nothing */
    char directory[PATH_MAX];             /* temporary, beside it: these files may be in it */
    char iso[PATH_MAX];                   /* where it is until then */
    char own[OUTPUT_OWN_FILES][PATH_MAX]; /* Whelk's boot files, for the writer to read */
};

/* Makes the temporary directory. One output at a time; path stays the caller's. "-" is standard
   output, to which nothing else goes from then on. */
bool output_start(struct output *output, const char *path, struct error *error);

/* A directory of the caller's, with nothing but the output in it, that a signal takes away as well.
   Has to stay as long as the program runs. */
void output_within(const char *directory);

/* Starts a program that writes the ISO, known to the signal handlers: it is killed before the files
   are taken away. Returns as fork() does; output_child_ended() when it has been waited for. */
pid_t output_fork(void);
void output_child_ended(void);

/* Around the start of a thread, which so never runs the signal handlers. */
void output_hold_signals(bool hold);

/* Puts the ISO in its place, or copies it. */
bool output_finish(struct output *output, struct error *error);

/* Takes away what is temporary; after output_start(), whatever happened. */
void output_end(void);
