// SPDX-License-Identifier: BSD-2-Clause
// A report as one page that needs no other file, for `whelk bench --html`. Pure, except that it
// writes to a file.
#pragma once

#include <stdio.h>
#include "tools/bench/compare.h"

/* Writes the page: the chart, the tables, what has changed (unless comparison is NULL), each run,
   and how to measure again. */
void report_html(const struct report *report, const struct comparison *comparison, FILE *out);
