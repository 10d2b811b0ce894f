// SPDX-License-Identifier: BSD-2-Clause
// Compares a report with an earlier one: `whelk bench --compare`. Pure, except that it writes to
// files.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "loader/error.h"
#include "tools/bench/report.h"

enum verdict {
    VERDICT_SAME,       /* the interval has 1 in it */
    VERDICT_FASTER,     /* the whole interval is below 1 */
    VERDICT_SLOWER,     /* the whole interval is above 1, but not beyond the tolerance */
    VERDICT_REGRESSION, /* the whole interval is beyond the tolerance */
    VERDICT_UNKNOWN,    /* there are too few runs */
};

/* One time of one row, in both reports. */
struct compared {
    const struct report_row *row; /* of the new report */
    const char *what;             /* "whole boot" or "loader" */
    double old_ms, new_ms;        /* medians */
    struct change change;
    enum verdict verdict;
};

struct comparison {
    const char *file; /* of the old report, for people */
    const struct report *old;
    double tolerance_percent;
    struct compared *times;
    size_t count;
};

/* Compares all times that both reports have, run by run. The rows of both stay in use. Call
   comparison_free() in any case. Fails if they have no time in common. */
bool comparison_make(const struct report *old, const struct report *new, const char *file,
                     double tolerance_percent, struct comparison *comparison, struct error *error);
void comparison_free(struct comparison *comparison);

/* Returns how many of the times have this verdict. */
size_t comparison_count(const struct comparison *comparison, enum verdict verdict);

/* Says in words what has changed: "faster by 12.0 % (95 % interval 10.1 to 13.2 %)". */
void comparison_words(const struct comparison *comparison, const struct compared *time, char *words,
                      size_t size);

/* Writes a table for people, and a member of a JSON object. */
void comparison_table(const struct comparison *comparison, const struct report *new, FILE *out);
void comparison_json(const struct comparison *comparison, FILE *out);
