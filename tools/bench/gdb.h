// SPDX-License-Identifier: BSD-2-Clause
// As much of GDB's remote serial protocol (GDB manual, appendix E) as it takes to start a QEMU that
// waits (-S) and to stop it where a Multiboot kernel begins.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/error.h"

enum { GDB_BUFFER_BYTES = 16384 };

struct gdb {
    int socket;                      /* to QEMU's -gdb */
    char received[GDB_BUFFER_BYTES]; /* what no packet has been taken from yet */
    size_t length;
};

/* Sets or takes back the breakpoint at a physical address. */
bool gdb_set_breakpoint(struct gdb *gdb, uint32_t address, struct error *error);
bool gdb_clear_breakpoint(struct gdb *gdb, uint32_t address, struct error *error);

/* Lets the machine run; gdb_stopped() says when it has stopped. */
bool gdb_continue(struct gdb *gdb, struct error *error);

/* Reads what has come; whether the machine has stopped. False as well when QEMU is gone. */
bool gdb_stopped(struct gdb *gdb);

/* EAX of the machine, which has stopped. */
bool gdb_read_eax(struct gdb *gdb, uint32_t *value, struct error *error);

/* One instruction further. */
bool gdb_step(struct gdb *gdb, struct error *error);
