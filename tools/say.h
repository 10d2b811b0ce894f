// SPDX-License-Identifier: BSD-2-Clause
// What the tools tell their user: one line on standard error, "whelk: …".
#pragma once

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
