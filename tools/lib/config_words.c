// SPDX-License-Identifier: BSD-2-Clause
// See config_words.h.
#include "tools/lib/config_words.h"

#include <string.h>

#define BLANKS " \t\n"
#define PLAIN  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%"

void config_word(FILE *config, const char *text, size_t length)
{
    if (length > 0 && strspn(text, PLAIN) >= length) {
        fprintf(config, " %.*s", (int)length, text);
        return;
    }
    fputs(" '", config);
    for (size_t i = 0; i < length; i++) {
        fputs(text[i] == '\'' ? "'\\''" : (const char[]){text[i], '\0'}, config);
    }
    fputc('\'', config);
}

void config_words(FILE *config, const char *text)
{
    while (*(text += strspn(text, BLANKS)) != '\0') {
        size_t length = strcspn(text, BLANKS);
        config_word(config, text, length);
        text += length;
    }
}
