// SPDX-License-Identifier: BSD-2-Clause
// Finds the name that a misspelt word may have meant.
#pragma once

#include <stddef.h>

/* A search: start with the word alone, offer each name, then read .name. */
struct nearest {
    const char *word;
    const char *name; /* the nearest one so far; NULL: none is near */
    size_t distance;  /* of that name: how many letters are missing, too many, wrong or swapped */
};

/* Takes a name if it is near the word, and nearer than those before. */
void nearest_offer(struct nearest *nearest, const char *name);
