// SPDX-License-Identifier: BSD-2-Clause
// Writes the members of JSON objects (RFC 8259). Each function writes `before` first: the brace,
// the comma and the blanks between the member and what precedes it.
#pragma once

#include <stdio.h>

/* Writes a string, or null if text is NULL. Bytes that are not UTF-8 become U+FFFD. */
void json_text(const char *before, const char *name, const char *text, FILE *out);

/* Writes a number with so many decimals, or null if it is NAN. */
void json_number(const char *before, const char *name, double value, int decimals, FILE *out);
