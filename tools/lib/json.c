// SPDX-License-Identifier: BSD-2-Clause
// See json.h.
#include "tools/lib/json.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns how many bytes of UTF-8 (RFC 3629, 4) the character at text has; 0: it is none. */
static size_t character_bytes(const unsigned char *text)
{
    static const struct {
        uint8_t lead_low, lead_high, next_low, next_high, bytes;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (*text < forms[i].lead_low || *text > forms[i].lead_high) {
            continue;
        }
        size_t bytes = 1;
        for (; bytes < forms[i].bytes; bytes++) {
            bool is_second = bytes == 1;
            if (text[bytes] < (is_second ? forms[i].next_low : 0x80) ||
                text[bytes] > (is_second ? forms[i].next_high : 0xbf)) {
                return 0;
            }
        }
        return bytes;
    }
    return 0;
}

static void put_string(const char *text, FILE *out)
{
    const unsigned char *at = (const unsigned char *)text;
    fputc('"', out);
    while (*at != '\0') {
        size_t bytes = character_bytes(at);
        if (bytes == 0) {
            fputs("\\ufffd", out);
            bytes = 1;
        } else if (*at < ' ' || *at == 0x7f) {
            fprintf(out, "\\u%04x", *at);
        } else {
            fprintf(out, "%s%.*s", *at == '"' || *at == '\\' ? "\\" : "", (int)bytes,
                    (const char *)at);
        }
        at += bytes;
    }
    fputc('"', out);
}

void json_text(const char *before, const char *name, const char *text, FILE *out)
{
    fprintf(out, "%s\"%s\": ", before, name);
    if (text != NULL) {
        put_string(text, out);
    } else {
        fputs("null", out);
    }
}

void json_number(const char *before, const char *name, double value, int decimals, FILE *out)
{
    fprintf(out, "%s\"%s\": ", before, name);
    if (isnan(value)) {
        fputs("null", out);
    } else {
        fprintf(out, "%.*f", decimals, value);
    }
}
