// SPDX-License-Identifier: BSD-2-Clause
// The ISO's file, which appears whole or not at all: it is written in a temporary directory beside
// its place, and renamed at the end. After a failure or a signal (except SIGKILL) nothing is left.
// Standard output, a device or a pipe gets a copy of the finished ISO; so does a file that can be
// written but not replaced: one that is mounted, or in a folder of somebody else's.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include "loader/error.h"

enum { OUTPUT_OWN_FILES = 9 };

struct output {
    const char *name;                     /* as the user gave it */
    char path[PATH_MAX];                  /* its place: absolute, symbolic links followed */
    int copied_to;                        /* descriptor that gets a copy instead; -1: none */
    bool in_place;                        /* it is of the file at the place */
    char directory[PATH_MAX];             /* temporary, beside the place; has these files: */
    char iso[PATH_MAX];                   /* the ISO until it is finished */
    char own[OUTPUT_OWN_FILES][PATH_MAX]; /* Whelk's boot files, for the writer to read */
};

/* Makes the temporary directory. There can be one output at a time; path must stay valid. "-" is
   standard output: what is printed there goes to standard error from then on. */
bool output_start(struct output *output, const char *path, struct error *error);

/* Names a directory that has only the output and this file in it, and that a signal removes too.
   The strings must stay valid as long as the program runs. */
void output_within(const char *directory, const char *file);

/* True if the output is in such a directory: its name tells the user nothing. */
bool output_is_within(void);

/* Where to keep the process id of a program that writes the ISO, while it runs; else 0. A signal
   kills the program before it removes the files. */
volatile pid_t *output_writer(void);

/* Holds the signals back, or lets them through again. A thread that is started while they are held
   back never runs their handlers. */
void output_hold_signals(bool hold);

/* Fails with the reason (an errno value) why nothing can be written in the temporary directory; if
   its file system is full, with what to do. */
bool output_fail(int reason, struct error *error);

/* Moves the ISO to its place, or copies it there. */
bool output_finish(struct output *output, struct error *error);

/* Removes the temporary directory. Call it after output_start(), whatever happened since. */
void output_end(void);
