// SPDX-License-Identifier: BSD-2-Clause
// The console of a Xen guest (`xl console`): two rings in a page that the toolstack shares with the
// guest (Xen, public/io/console.h). What is written goes to Xen's log as well (port 0xe9).
#pragma once

#include <stdbool.h>

/* Finds the console. Call in guests of Xen only. */
void xen_console_start(void);

/* Whether there is one. */
bool xen_console_is_present(void);

void xen_console_write(char character);

/* A character that was typed, or -1. */
int xen_console_read(void);
