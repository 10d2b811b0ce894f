// SPDX-License-Identifier: BSD-2-Clause
// The menu: which entry of the config to boot.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "stage2/config/config.h"

/* Shows the entries and waits for a choice; submenus have a list of their own (docs/menu.md has the
   keys). After timeout_seconds without a key the preselected entry is chosen; -1 waits for ever. So
   does 0: a key that is held has opened the menu, and as Escape counts not before it was let go. A
   message (NULL: none), the reason why the last boot failed, stands above the list, and then
   nothing is chosen without a key. *chosen gets the entry's index, and the entry is what somebody
   made of it, up to the next call. False: Escape, for the config that led here or the firmware's
   next boot device. */
bool menu_run(struct config *config, size_t preselected, int timeout_seconds, const char *message,
              size_t *chosen);

/* Whether somebody, and not the end of a timeout, made the last choice. */
bool menu_was_used(void);
