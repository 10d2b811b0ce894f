// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes regular expressions: the text before the first newline is the expression, the rest is
// searched.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/text/regex.h"

enum { ARENA_BYTES = 256 * 1024, MOST_BYTES = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(max_align_t) uint8_t memory[ARENA_BYTES];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct bytes groups[REGEX_GROUPS];
    if (size > MOST_BYTES) {
        return 0;
    }
    char *expression = strndup((const char *)data, size);
    require(expression != NULL);
    char *newline = strchr(expression, '\n');
    char *text = newline != NULL ? newline + 1 : expression + strlen(expression);
    if (newline != NULL) {
        *newline = 0;
    }
    if (regex_search(expression, text, &arena, groups) == REGEX_MATCH) {
        for (size_t i = 0; i < REGEX_GROUPS; i++) {
            const char *start = (const char *)groups[i].data;
            require(start == NULL ||
                    (start >= text && start + groups[i].size <= text + strlen(text)));
        }
        require(groups[0].data != NULL);
    }
    require(arena.used == 0);
    free(expression);
    return 0;
}
