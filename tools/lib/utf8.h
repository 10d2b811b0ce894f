// SPDX-License-Identifier: BSD-2-Clause
// UTF-8 in what users name (RFC 3629, 4). Pure.
#pragma once

#include <stddef.h>

/* Returns how many bytes of UTF-8 the character at a NUL-terminated text has; 0: it is none. */
size_t utf8_bytes(const unsigned char *text);
