// SPDX-License-Identifier: BSD-2-Clause
// What a VMM's command line asks of the loader: `entry=NAME -- ARGUMENTS`. Other words, which VMMs
// and their users add for kernels, mean nothing.
#pragma once

struct wish {
    const char *entry;     /* an entry of the config, as `set default` names it; NULL: no wish */
    const char *arguments; /* added to those of the kernel; NULL: none */
};

/* Reads a command line. entry's value may be quoted by ' or "; the last entry counts. All after the
   word `--` are arguments. Changes the text; the wish points into it. */
void wish_read(char *command_line, struct wish *wish);
