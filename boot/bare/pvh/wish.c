// SPDX-License-Identifier: BSD-2-Clause
// See wish.h.
#include "boot/bare/pvh/wish.h"

#include <stdbool.h>
#include <string.h>

static const char entry_word[] = "entry=";

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\n';
}

static char *skip_blanks(char *at)
{
    while (is_blank(*at)) {
        at++;
    }
    return at;
}

/* Ends the word at its next blank outside quotes, and takes its quotes out. Returns what follows.
 */
static char *take_word(char *word)
{
    char *target = word, quote = 0;
    char *at = word;
    for (; *at != 0 && (quote != 0 || !is_blank(*at)); at++) {
        if (*at == quote) {
            quote = 0;
        } else if (quote == 0 && (*at == '\'' || *at == '"')) {
            quote = *at;
        } else {
            *target++ = *at;
        }
    }
    char *rest = *at != 0 ? at + 1 : at;
    *target = 0;
    return rest;
}

void wish_read(char *command_line, struct wish *wish)
{
    *wish = (struct wish){0};
    char *word = skip_blanks(command_line);
    while (*word != 0) {
        char *rest = take_word(word);
        if (strcmp(word, "--") == 0) {
            rest = skip_blanks(rest);
            wish->arguments = *rest != 0 ? rest : NULL;
            return;
        }
        if (strncmp(word, entry_word, sizeof entry_word - 1) == 0) {
            wish->entry = word + sizeof entry_word - 1;
        }
        word = skip_blanks(rest);
    }
}
