// SPDX-License-Identifier: BSD-2-Clause
// The pages of `whelk help TOPIC`: documents that this program has inside, because who needs them
// may have nothing else.
#pragma once

#include <stdbool.h>

/* Prints the page of a topic on standard output. False: there is no such topic. */
bool topic_print(const char *name);
