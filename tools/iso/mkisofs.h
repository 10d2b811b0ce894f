// SPDX-License-Identifier: BSD-2-Clause
// The options of `xorriso -as mkisofs`, which whelk-mkrescue passes on.
#pragma once

#include <stddef.h>

/* Returns how many words the option takes, itself included; 0: there is no such option. */
size_t mkisofs_option_words(const char *word);

/* What becomes of an option that concerns boot code or partition tables, which are Whelk's own. */
enum mkisofs_fate {
    MKISOFS_PASSED_ON,
    MKISOFS_NEEDLESS, /* it asks for what the ISO has anyway: it boots as a disk, and has a GPT */
    MKISOFS_APPENDED, /* it adds a partition to Whelk's tables */
    MKISOFS_REFUSED,  /* it asks for another partition table */
};

enum mkisofs_fate mkisofs_option_fate(const char *word);
