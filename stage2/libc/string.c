// SPDX-License-Identifier: BSD-2-Clause
// See string.h. For the boot image only; gcc also calls the first four of its own accord.
#include <stdint.h>
#include <string.h>

/* The string instructions are fast and need little code. Words, because emulators take as long for
   a byte as for a word. */
void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    void *at = to;
    size_t words = length / 4;
    size_t rest = length % 4;
    __asm__ volatile("rep movsl" : "+D"(at), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    if ((uintptr_t)to - (uintptr_t)from >= length) { /* forwards overwrites no unread byte */
        return memcpy(to, from, length);
    }
    uint8_t *last_to = (uint8_t *)to + length - 1;
    const uint8_t *last_from = (const uint8_t *)from + length - 1;
    __asm__ volatile("std; rep movsb; cld"
                     : "+D"(last_to), "+S"(last_from), "+c"(length)
                     :
                     : "memory", "cc");
    return to;
}

void *memset(void *to, int byte, size_t length)
{
    void *at = to;
    size_t words = length / 4;
    size_t rest = length % 4;
    uint32_t word = (uint8_t)byte * 0x01010101u;
    __asm__ volatile("rep stosl" : "+D"(at), "+c"(words) : "a"(word) : "memory");
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(rest) : "a"(word) : "memory");
    return to;
}

int memcmp(const void *left, const void *right, size_t length)
{
    const uint8_t *a = left;
    const uint8_t *b = right;
    for (; length != 0; length--, a++, b++) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}

size_t strlen(const char *text)
{
    const char *end = text;
    while (*end != 0) {
        end++;
    }
    return (size_t)(end - text);
}

int strcmp(const char *left, const char *right)
{
    return strncmp(left, right, SIZE_MAX);
}

int strncmp(const char *left, const char *right, size_t length)
{
    for (; length != 0; length--, left++, right++) {
        if (*left != *right || *left == 0) {
            return (uint8_t)*left - (uint8_t)*right;
        }
    }
    return 0;
}

char *strchr(const char *text, int character)
{
    for (;; text++) {
        if (*text == (char)character) {
            return (char *)(uintptr_t)text;
        }
        if (*text == 0) {
            return NULL;
        }
    }
}
