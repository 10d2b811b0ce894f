// SPDX-License-Identifier: BSD-2-Clause
// Shows a report as the command line wants it: on standard output, as a chart, as a page, compared
// with an earlier one.
#pragma once

#include <stdbool.h>
#include "loader/error.h"
#include "tools/bench/options.h"
#include "tools/bench/report.h"

/* Sets *regressed if something is slower than in the report of --compare, beyond --tolerance. */
bool show_report(const struct bench_settings *settings, const struct report *report,
                 bool *regressed, struct error *error);

/* True if the user names a report in place of a tree: a file that begins with '{'. */
bool show_is_saved(const char *path);

/* Shows the report that is in a file. */
bool show_saved(const struct bench_settings *settings, bool *regressed, struct error *error);
