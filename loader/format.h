// SPDX-License-Identifier: BSD-2-Clause
// A printf for those who have no C library: %s %.*s %c %d %i %u %x %X %p %%, the flags 0 and -, a
// width, and the lengths l, ll and z. Anything else is a mistake that gcc's format check and
// the unit test would show; it is copied as it stands.
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Writes at most size bytes with the closing NUL (size 0: nothing); returns the length that the
   whole text would have. */
size_t format_text(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t format_text_list(char *buffer, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
