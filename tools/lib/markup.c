// SPDX-License-Identifier: BSD-2-Clause
// See markup.h.
#include "tools/lib/markup.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "tools/lib/utf8.h"

/* Returns what stands for a character that has a meaning of its own; NULL: it has none. */
static const char *entity(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* True if a character of so many bytes is U+FFFE or U+FFFF. */
static bool is_no_character(const char *at, size_t bytes)
{
    return bytes == 3 && (memcmp(at, "\xef\xbf\xbe", 3) == 0 || memcmp(at, "\xef\xbf\xbf", 3) == 0);
}

void markup_text(const char *text, FILE *out)
{
    for (const char *at = text; *at != '\0';) {
        const char *escaped = entity(*at);
        size_t bytes = utf8_bytes((const unsigned char *)at);
        if (escaped != NULL) {
            fputs(escaped, out);
        } else if (bytes == 0 || is_no_character(at, bytes)) {
            fputs("\xef\xbf\xbd", out);
        } else if ((unsigned char)*at < ' ' || *at == 0x7f) {
            fputc(' ', out);
        } else {
            fwrite(at, 1, bytes, out);
        }
        at += bytes == 0 ? 1 : bytes;
    }
}
