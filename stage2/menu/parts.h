// SPDX-License-Identifier: BSD-2-Clause
// The menu's editor and its command line.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "stage2/config/config.h"

enum { MENU_MESSAGE_ROW = 2, MENU_LAST_ROW = 20, MENU_HELP_ROW = 22, MENU_COUNTDOWN_ROW = 23 };

/* Shows a message (NULL: none) below the title; returns the first row below it. */
unsigned menu_show_message(const char *message);

/* Edits an entry's lines on the open screen. True: boot the entry; its body is the new text, in the
   config's arena. False: the entry is unchanged. */
bool menu_edit(struct config *config, struct config_entry *entry, const char *message);

/* Reads and runs commands; no screen may be open. True: *boot says what to boot. False: Escape. */
bool menu_command_line(struct config *config, struct config_boot *boot, const char *message);

/* Reads a typed line at the cursor; size is in bytes, with the NUL. False: Escape. config is for
   completion, history for the lines before; each may be NULL. */
struct menu_history;
bool menu_read_line(char *text, size_t size, struct config *config, struct menu_history *history);
