// SPDX-License-Identifier: BSD-2-Clause
// What the menu consists of besides its lists: the editor and the command line.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "stage2/config/config.h"

enum { MENU_MESSAGE_ROW = 2, MENU_LAST_ROW = 20, MENU_HELP_ROW = 22, MENU_COUNTDOWN_ROW = 23 };

/* Shows a message (NULL: none) below the title; returns the first row below it. */
unsigned menu_show_message(const char *message);

/* Lets somebody change the lines of an entry, on the open screen. True: it is to be booted as it is
   now; what it has taken from the config's arena stays in use. False: it is as it was. */
bool menu_edit(struct config *config, struct config_entry *entry, const char *message);

/* Lets somebody type commands, where no screen is open. True: *boot says what to boot. */
bool menu_command_line(struct config *config, struct config_boot *boot, const char *message);

/* Reads a line, with its NUL, as somebody types it behind what is written already. False: Escape.
   The config and what was typed before (NULL: none) are for Tab, and for up and down. */
struct menu_history;
bool menu_read_line(char *text, size_t size, struct config *config, struct menu_history *history);
