// SPDX-License-Identifier: BSD-2-Clause
// A printf for code without a C library: %s %.*s %c %d %i %u %x %X %p %%, the flags 0 and -, a
// width, and the lengths l, ll and z. Any other conversion is a mistake, and copied unchanged.
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Writes at most size bytes, including the closing NUL (size 0: nothing). Returns the length of the
   whole text without the NUL, even if it was cut. */
size_t format_text(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t format_text_list(char *buffer, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
