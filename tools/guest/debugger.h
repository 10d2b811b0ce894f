// SPDX-License-Identifier: BSD-2-Clause
// Starts gdb with a kernel's symbols, connected to a QEMU that has not run its first instruction.
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include "loader/error.h"
#include "tools/lib/command.h"

struct debugger {
    const char *symbols; /* the file with the symbols */
    bool is_32_bit;      /* they are of 32-bit code */
    int listener;        /* the socket on which QEMU waits for gdb; -1: closed */
    unsigned port;       /* of the socket, on 127.0.0.1 */
};

/* Looks into the file with the symbols. False: it is no ELF file for x86. Call debugger_close() in
   any case. */
bool debugger_read(struct debugger *debugger, const char *symbols, struct error *error);

/* Adds to QEMU's command line the socket on which it waits for gdb. */
bool debugger_add(struct debugger *debugger, struct command *command, struct error *error);

/* Makes gdb's command line. is_32_bit_qemu: the QEMU is one for 32-bit processors. */
void debugger_command(const struct debugger *debugger, bool is_32_bit_qemu,
                      struct command *command);

/* Starts gdb on our terminal; Ctrl-C is for it alone from then on. Returns its process id; -1: it
   does not run. */
pid_t debugger_start(struct debugger *debugger, const struct command *command, struct error *error);

void debugger_close(struct debugger *debugger);
