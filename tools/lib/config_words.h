// SPDX-License-Identifier: BSD-2-Clause
// Writes words for a grub.cfg, in single quotes where they need them: the config's reader finds no
// character in them special.
#pragma once

#include <stddef.h>
#include <stdio.h>

/* Writes a blank, and the first `length` bytes of a text as one word. */
void config_word(FILE *config, const char *text, size_t length);

/* Writes each word of a text, with a blank before it. */
void config_words(FILE *config, const char *text);
