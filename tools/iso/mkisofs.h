// SPDX-License-Identifier: BSD-2-Clause
// The options of `xorriso -as mkisofs`, which whelk-mkrescue passes on.
#pragma once

#include <stddef.h>

/* Returns how many words the option takes, itself included; 0: there is no such option. */
size_t mkisofs_option_words(const char *word);
