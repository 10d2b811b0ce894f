// SPDX-License-Identifier: BSD-2-Clause
// The rarely used part of the config language, called through a table: in the BIOS boot image it is
// in the overlay (stage2/overlay.h), which is read from the disc when it is first needed.
#pragma once

#include "stage2/config/config.h"

struct evaluator;
struct command;
struct frame;
struct config_variable;

struct config_overlay {
    /* Runs a command that config/commands.c does not have, or a keyword from KEYWORD_FUNCTION
       on. */
    bool (*command)(struct evaluator *eval, const struct command *command);

    bool (*end_submenu)(struct evaluator *eval, const struct frame *frame);

    /* Expands "$#" (the number of arguments), "$*" or "$@" (all arguments). */
    void (*put_arguments)(struct evaluator *eval, int which, bool quoted);

    /* Puts another device, up to a parenthesis or NUL, before a path if the machine has it. False
       with the error set: no memory. */
    bool (*locate_path)(struct evaluator *eval, const char *device, const char **path);

    /* Replaces the word that has just been read, a pattern with wildcards, by the paths that match
       it, or else by its text. */
    void (*expand_word)(struct evaluator *eval);

    /* Translates a menu.lst to a grub.cfg in the arena. False: the arena is full. */
    bool (*from_legacy)(struct bytes *text, struct arena *arena);

    /* config_default() for a config with submenus, or a default that is not a plain index. */
    size_t (*find_default)(struct config *config, const struct config_variable *variable);

    /* The index of the entry that a path names, as `set default=` does; entry_count: it names none.
     */
    size_t (*find_entry)(const struct config *config, const char *path);

    /* The entry that the number-th word (from 0) of `set fallback=` names; entry_count: no such
       word. */
    size_t (*find_fallback)(struct config *config, unsigned number);
};

/* The table, for programs that have all of it linked in. */
extern const struct config_overlay config_overlay_table;

/* Gets the table from the config's environment. NULL with a reason: it cannot be read. */
const struct config_overlay *config_overlay(struct config *config, struct error *error);
