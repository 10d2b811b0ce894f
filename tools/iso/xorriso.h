// SPDX-License-Identifier: BSD-2-Clause
// Running xorriso, which writes the ISO 9660 file system.
#pragma once

#include <stdbool.h>
#include "loader/error.h"
#include "tools/lib/command.h"

/* Runs xorriso by a command line. Shows all that it prints if verbose; else a progress bar on a
   terminal and, if it fails, the problems that it named. */
bool xorriso_run(const struct command *command, bool verbose, struct error *error);
