// SPDX-License-Identifier: BSD-2-Clause
// See format.h.
#include "loader/format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { NUMBER_DIGITS = 20 }; /* 2^64 in decimal */

struct output {
    char *buffer;
    size_t size;
    size_t length; /* of the whole text, even if it does not fit */
};

struct conversion {
    bool left;
    bool zero_padded;
    unsigned width;
    bool has_precision;
    unsigned precision; /* of %s only */
    unsigned longs;     /* how many l; z counts as one */
};

static void put(struct output *output, char character)
{
    if (output->length + 1 < output->size) {
        output->buffer[output->length] = character;
    }
    output->length++;
}

static void put_padded(struct output *output, const struct conversion *conversion, const char *text,
                       size_t length)
{
    size_t padding = conversion->width > length ? conversion->width - length : 0;
    for (size_t i = 0; !conversion->left && i < padding; i++) {
        put(output, conversion->zero_padded ? '0' : ' ');
    }
    for (size_t i = 0; i < length; i++) {
        put(output, text[i]);
    }
    for (size_t i = 0; conversion->left && i < padding; i++) {
        put(output, ' ');
    }
}

/* Divides *value by 10 and returns the remainder. A freestanding 32-bit program has no 64-bit
   division: this divides 16 bits at a time, from the top, and puts each remainder before the next
   16 bits. */
static unsigned divide_by_ten(uint64_t *value)
{
    uint32_t remainder = 0;
    uint64_t quotient = 0;
    for (int shift = 48; shift >= 0; shift -= 16) {
        uint32_t part = remainder << 16 | (uint32_t)(*value >> shift & 0xffff);
        quotient |= (uint64_t)(part / 10) << shift;
        remainder = part % 10;
    }
    *value = quotient;
    return remainder;
}

static void put_number(struct output *output, const struct conversion *conversion, uint64_t value,
                       bool negative, char kind)
{
    char digits[NUMBER_DIGITS + 1];
    char *first = digits + sizeof digits;
    const char *alphabet = kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    do {
        if (kind == 'x' || kind == 'X') {
            *--first = alphabet[value & 15];
            value >>= 4;
        } else {
            *--first = (char)('0' + divide_by_ten(&value));
        }
    } while (value != 0);
    if (negative) {
        *--first = '-';
    }
    put_padded(output, conversion, first, (size_t)(digits + sizeof digits - first));
}

/* Reads flags, width, precision and length; returns the position of the conversion's letter. */
static const char *read_conversion(const char *at, struct conversion *conversion,
                                   va_list *arguments)
{
    memset(conversion, 0, sizeof *conversion);
    for (; *at == '-' || *at == '0'; at++) {
        conversion->left |= *at == '-';
        conversion->zero_padded |= *at == '0';
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        conversion->width = conversion->width * 10 + (unsigned)(*at - '0');
    }
    if (*at == '.') {
        conversion->has_precision = true;
        if (*++at == '*') {
            conversion->precision = (unsigned)va_arg(*arguments, int);
            at++;
        }
        for (; *at >= '0' && *at <= '9'; at++) {
            conversion->precision = conversion->precision * 10 + (unsigned)(*at - '0');
        }
    }
    for (; *at == 'l' || *at == 'z'; at++) {
        conversion->longs++;
    }
    return at;
}

static uint64_t unsigned_argument(const struct conversion *conversion, va_list *arguments)
{
    if (conversion->longs == 0) {
        return va_arg(*arguments, unsigned);
    }
    return conversion->longs == 1 ? va_arg(*arguments, unsigned long)
                                  : va_arg(*arguments, unsigned long long);
}

static int64_t signed_argument(const struct conversion *conversion, va_list *arguments)
{
    if (conversion->longs == 0) {
        return va_arg(*arguments, int);
    }
    return conversion->longs == 1 ? va_arg(*arguments, long) : va_arg(*arguments, long long);
}

static void put_text(struct output *output, const struct conversion *conversion, const char *text)
{
    size_t length = 0;
    while ((!conversion->has_precision || length < conversion->precision) && text[length] != 0) {
        length++;
    }
    put_padded(output, conversion, text, length);
}

static void convert(struct output *output, const struct conversion *conversion, char kind,
                    va_list *arguments)
{
    char character;
    int64_t number;
    switch (kind) {
    case 's':
        put_text(output, conversion, va_arg(*arguments, const char *));
        break;
    case 'c':
        character = (char)va_arg(*arguments, int);
        put_padded(output, conversion, &character, 1);
        break;
    case 'd':
    case 'i':
        number = signed_argument(conversion, arguments);
        put_number(output, conversion, number < 0 ? -(uint64_t)number : (uint64_t)number,
                   number < 0, kind);
        break;
    case 'u':
    case 'x':
    case 'X':
        put_number(output, conversion, unsigned_argument(conversion, arguments), false, kind);
        break;
    case 'p':
        put_number(output, conversion, (uintptr_t)va_arg(*arguments, void *), false, 'x');
        break;
    default:
        put(output, '%');
        put(output, kind);
    }
}

size_t format_text_list(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct output output = {.buffer = buffer, .size = size};
    va_list rest;
    va_copy(rest, arguments);
    for (const char *at = format; *at != 0; at++) {
        if (*at != '%') {
            put(&output, *at);
        } else if (at[1] == '%') {
            put(&output, *++at);
        } else {
            struct conversion conversion;
            at = read_conversion(at + 1, &conversion, &rest);
            if (*at == 0) {
                break;
            }
            convert(&output, &conversion, *at, &rest);
        }
    }
    va_end(rest);
    if (size != 0) {
        buffer[output.length < size ? output.length : size - 1] = 0;
    }
    return output.length;
}

size_t format_text(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_list(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
