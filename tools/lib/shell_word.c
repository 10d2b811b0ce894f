// SPDX-License-Identifier: BSD-2-Clause
// See shell_word.h.
#include "tools/lib/shell_word.h"

#include <string.h>

void shell_word_put(const char *word, FILE *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_=+,./:@%";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word != '\0'; word++) {
        fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, out);
    }
    fputc('\'', out);
}

const char *shell_word(char room[SHELL_WORD_BYTES], const char *word)
{
    room[0] = '\0';
    FILE *out = fmemopen(room, SHELL_WORD_BYTES, "w");
    if (out != NULL) {
        shell_word_put(word, out);
        fclose(out);
    }
    return room;
}
