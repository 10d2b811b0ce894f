// SPDX-License-Identifier: BSD-2-Clause
// The menu: which entry of the config to boot.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "stage2/config/config.h"

/* Shows the menu and its submenus and waits for a choice (docs/menu.md has the keys).

   After timeout_seconds without a key the preselected entry is chosen; -1 waits for ever. 0 waits
   for ever too: a held key opened the menu (Escape counts when released). message (NULL: none) says
   why the last boot failed; it stands above the list and turns the timeout off. *chosen gets the
   entry's index; if the user edited the entry, config has the edited one until the next call.
   False: Escape, which leads back to the outer config or to the firmware's next boot device. */
bool menu_run(struct config *config, size_t preselected, int timeout_seconds, const char *message,
              size_t *chosen);

/* Whether the last choice was made with a key, not by a timeout. */
bool menu_was_used(void);
