// SPDX-License-Identifier: BSD-2-Clause
// The console of a guest of Xen that has no serial port.
#pragma once

/* Writes a text to the console, as far as there is room for it. Does nothing if this is no guest of
   Xen with a console. */
void xen_console_print(const char *text);
