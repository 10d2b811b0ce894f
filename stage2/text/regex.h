// SPDX-License-Identifier: BSD-2-Clause
// Extended regular expressions (POSIX.1-2017, 9.4), without back-references and collating symbols.
// Pure. Time and memory are bounded by the product of both lengths.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/bytes.h"

enum { REGEX_GROUPS = 10 }; /* the whole match and groups 1 to 9; others are not kept */

enum regex_result {
    REGEX_MATCH,
    REGEX_NO_MATCH,
    REGEX_WRONG,  /* the expression is wrong */
    REGEX_BEYOND, /* it needs what is left out here, or more memory */
};

/* Searches text for the leftmost match, and among these for the longest. groups: where it and its
   groups are in the text; data NULL: the group took no part. The arena is left as it was. */
enum regex_result regex_search(const char *expression, const char *text, struct arena *arena,
                               struct bytes groups[REGEX_GROUPS]);
