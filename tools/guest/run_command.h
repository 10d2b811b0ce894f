// SPDX-License-Identifier: BSD-2-Clause
// QEMU's command line for `whelk run`.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include "tools/guest/ovmf.h"
#include "tools/guest/run_options.h"
#include "tools/lib/command.h"

/* The files that QEMU is given: names that are open in /dev/fd, or those of a dry run. */
struct run_files {
    char iso[2 * PATH_MAX]; /* for -drive, which takes a comma twice */
    char image[PATH_MAX];   /* whelk.rom or whelk.elf; "": neither is needed */
    char append[PATH_MAX];  /* whelk.elf's command line; "": none */
    struct ovmf ovmf;
};

/* Chooses the QEMU. That for 64-bit processors describes one to gdb in every mode, so that gdb has
   no use for 32-bit symbols; no 64-bit UEFI starts in the other. */
const char *run_program(const struct run_settings *settings, bool is_32_bit);

/* Makes the command line. The user's options, rest, come after ours and so override them. */
void run_command_add(struct command *command, const struct run_settings *settings,
                     const struct run_files *files, const char *program, const struct words *rest);

/* Returns a command line as a shell reads it, to be freed. NULL: out of memory. */
char *run_command_text(const struct command *command);

/* Shows a command line on standard error. */
void run_command_show(const struct command *command);
