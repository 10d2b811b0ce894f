// SPDX-License-Identifier: BSD-2-Clause
// Reads a report that `whelk bench --json` has written. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "loader/error.h"
#include "tools/bench/report.h"

struct saved {
    struct report report;
    char *texts; /* the report's, one after the other */
};

/* Reads a report from a NUL-terminated text. What older versions did not write is empty. Call
   saved_free() in any case. */
bool saved_read(const char *text, struct saved *saved, struct error *error);
void saved_free(struct saved *saved);
