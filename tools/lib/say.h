// SPDX-License-Identifier: BSD-2-Clause
// What the tools tell their user: one line on standard error, "whelk: …".
#pragma once

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Shows, on a terminal, a bar of so many percent, which the next one replaces; or takes it away. */
enum { SAY_PROGRESS_END = -1 };
void say_progress(int percent);
