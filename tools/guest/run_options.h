// SPDX-License-Identifier: BSD-2-Clause
// The command line of `whelk run`.
#pragma once

#include <stdbool.h>
#include "loader/error.h"
#include "tools/lib/options.h"

#define RUN_MICROVM "microvm"

struct run_settings {
    const char *qemu, *machine;                 /* NULL: none was asked for */
    const char *expect, *screenshot, *gdb_file; /* likewise */
    const char *entry, *append;                 /* what the config is to boot; likewise */
    unsigned memory_mib, cpus, timeout_seconds; /* 0: for ever */
    bool uefi, uefi32, bare, microvm, pvh, gdb, exit_code, dry_run, verbose, help;
};

/* Reads the options and checks that they go together. Call options_free() in any case. */
bool run_options_read(int argc, char **argv, struct run_settings *settings,
                      struct command_line *line, struct error *error);

/* name: that it was called by. */
void run_options_help(const char *name);

static inline bool run_uses_uefi(const struct run_settings *settings)
{
    return settings->uefi || settings->uefi32;
}

/* True if one of Whelk's files starts the machine, and no firmware. */
static inline bool run_uses_image(const struct run_settings *settings)
{
    return settings->bare || settings->microvm || settings->pvh;
}
