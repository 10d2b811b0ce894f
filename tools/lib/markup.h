// SPDX-License-Identifier: BSD-2-Clause
// Writes what users name as text into XML and HTML.
#pragma once

#include <stdio.h>

/* Writes a text that means the same between tags and in quoted attributes. What no XML 1.0 file can
   have (2.2) becomes a blank if it is a control character, else U+FFFD. */
void markup_text(const char *text, FILE *out);
