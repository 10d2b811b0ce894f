// SPDX-License-Identifier: BSD-2-Clause
// See json_read.h.
#include "tools/lib/json_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/text/utf8.h"
#include "tools/lib/utf8.h"

enum { MAX_DEPTH = 32 };

/* A place in a text that is being checked. */
struct cursor {
    const char *at;
    const char *reason; /* why the text is no JSON; NULL: it is, so far */
    int depth;
};

static bool refuse(struct cursor *cursor, const char *reason)
{
    cursor->reason = reason;
    return false;
}

static const char *past_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

static bool skip_character(struct cursor *cursor, char character)
{
    cursor->at = past_blanks(cursor->at);
    bool is_there = *cursor->at == character;
    cursor->at += is_there;
    return is_there;
}

/* Skips a string's escape sequence, behind the backslash. */
static bool skip_escape(struct cursor *cursor)
{
    if (*cursor->at == 'u') {
        if (strspn(cursor->at + 1, "0123456789abcdefABCDEF") < 4) {
            return refuse(cursor, "\\u needs four hexadecimal digits");
        }
        cursor->at += 5;
        return true;
    }
    if (*cursor->at == '\0' || strchr("\"\\/bfnrt", *cursor->at) == NULL) {
        return refuse(cursor, "an unknown escape sequence");
    }
    cursor->at++;
    return true;
}

/* Skips a string, behind its first quote. */
static bool skip_string(struct cursor *cursor)
{
    while (*cursor->at != '"') {
        size_t bytes = utf8_bytes((const unsigned char *)cursor->at);
        if ((unsigned char)*cursor->at < ' ' || bytes == 0) {
            return refuse(cursor, "a string with a control character, no UTF-8 or no end");
        }
        cursor->at += bytes;
        if (cursor->at[-1] == '\\' && !skip_escape(cursor)) {
            return false;
        }
    }
    cursor->at++;
    return true;
}

/* Skips a number. Those that only strtod() knows ("inf", "0x10", ".5") are refused. */
static bool skip_number(struct cursor *cursor)
{
    const char *digits = cursor->at + (*cursor->at == '-');
    size_t length = strspn(digits, "0123456789");
    if (length == 0 || (length > 1 && digits[0] == '0')) {
        return refuse(cursor, "a value is missing or misspelt");
    }
    digits += length;
    if (*digits == '.') {
        length = strspn(digits + 1, "0123456789");
        digits += 1 + length;
    }
    if (length > 0 && (*digits == 'e' || *digits == 'E')) {
        digits += 1 + (digits[1] == '-' || digits[1] == '+');
        length = strspn(digits, "0123456789");
        digits += length;
    }
    cursor->at = digits;
    return length > 0 || refuse(cursor, "a number without digits");
}

static bool skip_word(struct cursor *cursor)
{
    static const char *const words[] = {"null", "true", "false"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(cursor->at, words[i], length) == 0) {
            cursor->at += length;
            return true;
        }
    }
    return skip_number(cursor);
}

static bool skip_value(struct cursor *cursor);

static bool skip_name(struct cursor *cursor)
{
    return (skip_character(cursor, '"') || refuse(cursor, "a member's name is missing")) &&
           skip_string(cursor) && (skip_character(cursor, ':') || refuse(cursor, "':' is missing"));
}

/* Skips an array or an object, behind its first bracket. The recursion is bounded by MAX_DEPTH. */
static bool skip_list(struct cursor *cursor, char end)
{
    if (skip_character(cursor, end)) {
        return true;
    }
    if (++cursor->depth > MAX_DEPTH) {
        return refuse(cursor, "nested too deep");
    }
    do {
        if ((end == '}' && !skip_name(cursor)) || !skip_value(cursor)) {
            return false;
        }
    } while (skip_character(cursor, ','));
    cursor->depth--;
    return skip_character(cursor, end) || refuse(cursor, "',' or the closing bracket is missing");
}

static bool skip_value(struct cursor *cursor)
{
    return skip_character(cursor, '{')   ? skip_list(cursor, '}')
           : skip_character(cursor, '[') ? skip_list(cursor, ']')
           : skip_character(cursor, '"') ? skip_string(cursor)
                                         : skip_word(cursor);
}

bool json_check(const char *text, struct json *value, struct error *error)
{
    struct cursor cursor = {.at = text};
    bool done = skip_value(&cursor);
    cursor.at = past_blanks(cursor.at);
    if (done && *cursor.at == '\0') {
        value->at = past_blanks(text);
        return true;
    }
    unsigned line = 1;
    for (const char *at = text; at < cursor.at; at++) {
        line += *at == '\n';
    }
    return fail(error, "line %u: no JSON: %s", line, done ? "something follows it" : cursor.reason);
}

// ---- Values of a text that has been checked

static const char *value_end(const char *at)
{
    struct cursor cursor = {.at = at};
    skip_value(&cursor);
    return past_blanks(cursor.at);
}

/* True if the string whose first quote is at `string` has no escapes and is this name. */
static bool is_name(const char *string, const char *name)
{
    size_t length = strlen(name);
    return strncmp(string + 1, name, length) == 0 && string[1 + length] == '"';
}

struct json json_member(struct json object, const char *name)
{
    if (object.at == NULL || *object.at != '{') {
        return (struct json){NULL};
    }
    for (const char *at = past_blanks(object.at + 1); *at == '"'; at = past_blanks(at + 1)) {
        const char *value = past_blanks(value_end(at) + 1); /* behind the colon */
        if (is_name(at, name)) {
            return (struct json){value};
        }
        at = value_end(value);
        if (*at != ',') {
            break;
        }
    }
    return (struct json){NULL};
}

struct json json_first(struct json array)
{
    const char *at = array.at != NULL && *array.at == '[' ? past_blanks(array.at + 1) : "]";
    return (struct json){*at != ']' ? at : NULL};
}

struct json json_next(struct json element)
{
    const char *end = value_end(element.at);
    return (struct json){*end == ',' ? past_blanks(end + 1) : NULL};
}

double json_as_number(struct json value)
{
    bool is_number =
        value.at != NULL && (*value.at == '-' || (*value.at >= '0' && *value.at <= '9'));
    return is_number ? strtod(value.at, NULL) : (double)NAN;
}

/* Returns the character that an escape sequence stands for, and moves *at behind the sequence. A
   control character becomes a blank, half of a surrogate pair U+FFFD. */
static unsigned unescape(const char **at)
{
    static const char escapes[] = "\"\\/bfnrt", means[] = "\"\\/     ";
    char letter = *(*at)++;
    if (letter != 'u') {
        return (unsigned char)means[strchr(escapes, letter) - escapes];
    }
    char digits[5] = "";
    memcpy(digits, *at, 4);
    *at += 4;
    unsigned character = (unsigned)strtoul(digits, NULL, 16);
    return character < ' ' || character == 0x7f        ? ' '
           : character >= 0xd800 && character < 0xe000 ? 0xfffd
                                                       : character;
}

size_t json_as_text(struct json value, char *out)
{
    char *end = out;
    if (value.at == NULL || *value.at != '"') {
        return 0;
    }
    for (const char *at = value.at + 1; *at != '"';) {
        if (*at != '\\') {
            *end++ = *at == 0x7f ? ' ' : *at;
            at++;
            continue;
        }
        at++;
        end += utf8_put(unescape(&at), end);
    }
    *end++ = '\0';
    return (size_t)(end - out);
}
