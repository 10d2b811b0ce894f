// SPDX-License-Identifier: BSD-2-Clause
// Reads JSON (RFC 8259) where it stands: a value is a piece of the text, which is checked once, as
// a whole. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "loader/error.h"

/* A value in a text that has been checked. {NULL}: there is none. */
struct json {
    const char *at;
};

/* Checks a NUL-terminated text and sets *value to the value that it is. The message of an error
   names the line. */
bool json_check(const char *text, struct json *value, struct error *error);

/* Returns the first member of an object by this name; {NULL}: no such member, or no object. */
struct json json_member(struct json object, const char *name);

/* Returns an array's first element, and the element after another; {NULL}: there is none. */
struct json json_first(struct json array);
struct json json_next(struct json element);

/* Returns a number's value; NAN: it is none. */
double json_as_number(struct json value);

/* Writes a string into memory that has room for the text from value.at on, and returns the number
   of bytes with the NUL that ends it; 0: it is none. Control characters become blanks. */
size_t json_as_text(struct json value, char *out);
