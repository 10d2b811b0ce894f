// SPDX-License-Identifier: BSD-2-Clause
// What few configs need of the language, through a table: in the BIOS boot image it is one of the
// overlay (overlay.h), which are read from the disc when something first asks for them.
#pragma once

#include "stage2/config/config.h"

struct evaluator;
struct command;
struct frame;
struct config_variable;

struct config_overlay {
    /* Any command that is not one of config/commands.c; KEYWORD_FUNCTION and those behind it. */
    bool (*command)(struct evaluator *eval, const struct command *command);

    bool (*end_submenu)(struct evaluator *eval, const struct frame *frame);

    /* "$#", "$*" and "$@": how many arguments the innermost call has, and all of them. */
    void (*put_arguments)(struct evaluator *eval, int which, bool quoted);

    /* A menu.lst as a grub.cfg that does the same, in the arena. False: it has no room. */
    bool (*from_legacy)(struct bytes *text, struct arena *arena);

    /* config_default() where there are submenus, or names instead of numbers. */
    size_t (*find_default)(struct config *config, const struct config_variable *variable);

    /* `set fallback=`: the entry of its number-th word (from 0), entry_count: there are no more. */
    size_t (*find_fallback)(struct config *config, unsigned number);
};

/* The table itself, for programs that have all of it linked in. */
extern const struct config_overlay config_overlay_table;

/* The table for a config, by its environment; NULL with a reason: it cannot be read. */
const struct config_overlay *config_overlay(struct config *config, struct error *error);
