// SPDX-License-Identifier: BSD-2-Clause
// See json.h.
#include "tools/lib/json.h"

#include <math.h>
#include <stddef.h>
#include "tools/lib/utf8.h"

static void put_string(const char *text, FILE *out)
{
    const unsigned char *at = (const unsigned char *)text;
    fputc('"', out);
    while (*at != '\0') {
        size_t bytes = utf8_bytes(at);
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
