// SPDX-License-Identifier: BSD-2-Clause
// The part of GDB's remote serial protocol (GDB manual, appendix E) that starts a waiting QEMU (-S)
// and stops it at a Multiboot kernel's first instruction.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/error.h"

enum { GDB_BUFFER_BYTES = 16384 };

struct gdb {
    int socket;                      /* to QEMU's -gdb */
    char received[GDB_BUFFER_BYTES]; /* bytes not yet taken as packets */
    size_t length;
};

/* Set and clear a breakpoint at a physical address. */
bool gdb_set_breakpoint(struct gdb *gdb, uint32_t address, struct error *error);
bool gdb_clear_breakpoint(struct gdb *gdb, uint32_t address, struct error *error);

/* Lets the machine run; gdb_stopped() says when it has stopped. */
bool gdb_continue(struct gdb *gdb, struct error *error);

/* Reads what QEMU has sent. True if the machine has stopped; false also if QEMU has ended. */
bool gdb_stopped(struct gdb *gdb);

/* Reads EAX of the machine, which has stopped. */
bool gdb_read_eax(struct gdb *gdb, uint32_t *value, struct error *error);

/* Executes one instruction. */
bool gdb_step(struct gdb *gdb, struct error *error);
