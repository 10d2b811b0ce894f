// SPDX-License-Identifier: BSD-2-Clause
// A running QEMU: shows what its serial port says, looks for a text there, and ends it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>
#include "loader/error.h"
#include "tools/lib/command.h"

enum {
    MACHINE_TEXT_BYTES = 4096, /* at most, of a text to look for */
    MACHINE_SIGNAL = 128,      /* plus its number: the status of a QEMU that a signal has ended */
};

struct machine {
    pid_t qemu;
    int output;
    int input_flags; /* of standard input, which QEMU changes; -1: there is none */
    bool is_terminal;
    struct termios terminal;       /* its settings before, if it is one */
    char tail[MACHINE_TEXT_BYTES]; /* the output's end, shorter than the text, which may begin in it
                                    */
    size_t tail_length;
};

/* Starts QEMU, whose output goes to a pipe, and which is killed when we end. has_input: it reads
   our standard input; if not, Ctrl-C is not for it either. */
bool machine_start(struct machine *machine, const struct command *command, bool has_input,
                   struct error *error);

enum machine_outcome { MACHINE_ENDED, MACHINE_FOUND, MACHINE_TIMED_OUT, MACHINE_LEFT };

/* What to wait for. */
struct machine_wait {
    const char *text;         /* NULL: none */
    unsigned timeout_seconds; /* 0: for ever */
    pid_t until;              /* a program of ours whose end ends the wait; 0: none */
    int until_status;         /* of that program, as of waitpid(), with MACHINE_LEFT */
};

/* Shows what the serial port says until the machine ends, the text is there, time is up, or the
   program has ended (MACHINE_LEFT). */
enum machine_outcome machine_watch(struct machine *machine, struct machine_wait *wait);

/* Ends the machine, if it still runs, sets the terminal as it was, and returns QEMU's exit status
   (see MACHINE_SIGNAL). *by_signal: a signal has ended it. */
int machine_end(const struct machine *machine, enum machine_outcome outcome, bool *by_signal);
