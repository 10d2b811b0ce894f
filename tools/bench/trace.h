// SPDX-License-Identifier: BSD-2-Clause
// Counts device accesses in QEMU's trace: the lines of memory_region_ops_read and
// memory_region_ops_write until a text has been written to the first serial port. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/bench/text.h"

enum { TRACE_LINE_BYTES = 512 };

struct trace {
    const char *marker;                /* NULL: counts to the end */
    const char *start;                 /* a text that is written earlier; NULL: there is none */
    uint64_t accesses, start_accesses; /* so far, and until `start` was written (0: it was not) */
    bool ended;                        /* the marker was written, and counting has stopped */
    struct text serial;                /* the serial port's output */
    char line[TRACE_LINE_BYTES];
    size_t line_length; /* of a line whose end has not come */
};

/* Reads the next part of the trace, of at least one byte. */
void trace_add(struct trace *trace, const char *bytes, size_t length);
