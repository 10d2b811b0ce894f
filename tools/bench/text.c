// SPDX-License-Identifier: BSD-2-Clause
// See bench/text.h.
#include "tools/bench/text.h"

#include <stdbool.h>
#include <string.h>

void text_add(struct text *text, const char *bytes, size_t length)
{
    if (length > TEXT_BYTES / 2) {
        bytes += length - TEXT_BYTES / 2;
        length = TEXT_BYTES / 2;
    }
    if (text->length + length > TEXT_BYTES) {
        size_t kept = TEXT_BYTES / 2;
        memmove(text->bytes, text->bytes + text->length - kept, kept);
        text->length = kept;
    }
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

const char *text_find(const struct text *text, const char *wanted)
{
    return memmem(text->bytes, text->length, wanted, strlen(wanted));
}

static bool is_printable(char character)
{
    return character >= ' ' && character <= '~';
}

static bool is_line_end(char character)
{
    return character == '\n' || character == '\r';
}

void text_last_line(const struct text *text, char *line, size_t size)
{
    const char *end = text->bytes + text->length;
    while (end > text->bytes && (is_line_end(end[-1]) || end[-1] == ' ')) {
        end--;
    }
    const char *start = end;
    while (start > text->bytes && !is_line_end(start[-1]) && (size_t)(end - start) + 1 < size) {
        start--;
    }
    while (start < end) {
        *line++ = is_printable(*start) ? *start : '.';
        start++;
    }
    *line = '\0';
}
