// SPDX-License-Identifier: BSD-2-Clause
// Counts device accesses in QEMU's trace of memory_region_ops_read and memory_region_ops_write, one
// line each, up to the moment when a text has been written to the first serial port. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/bench/text.h"

enum { TRACE_LINE_BYTES = 512 };

struct trace {
    const char *marker; /* NULL: counts to the end */
    const char *start;  /* another text, which is written before; NULL: there is none */
    uint64_t accesses, start_accesses; /* to the end, and to that text: 0, has not come */
    bool ended;                        /* the marker was written: nothing is counted any more */
    struct text serial;                /* what was written there */
    char line[TRACE_LINE_BYTES];
    size_t line_length; /* of a line whose end has not come */
};

/* Reads on: any part of the trace, not empty. */
void trace_add(struct trace *trace, const char *bytes, size_t length);
