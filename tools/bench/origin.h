// SPDX-License-Identifier: BSD-2-Clause
// Where, when and by which command something was measured, for people who measure it again.
#pragma once

#include <stddef.h>

/* Describes this machine: its processor, their number, its system. */
void origin_host(char *host, size_t size);

/* Writes the present time, "2026-11-30 17:40 UTC". */
void origin_date(char *date, size_t size);

/* Returns a command line for a POSIX shell, which belongs to the caller; NULL: out of memory. */
char *origin_command(int argc, char **argv);
