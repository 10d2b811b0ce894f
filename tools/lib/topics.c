// SPDX-License-Identifier: BSD-2-Clause
// See topics.h.
#include "tools/lib/topics.h"

#include <stdio.h>
#include <string.h>

/* Puts a file's text between two symbols. The assembler finds it from the root of the sources. */
#define DOCUMENT(name, file)                                                                       \
    extern const char name##_text[], name##_end[];                                                 \
    __asm__(".pushsection .rodata\n" #name "_text: .incbin \"" file "\"\n" #name "_end:\n"         \
            ".popsection\n")

DOCUMENT(boot_errors, "docs/boot-errors.md");
DOCUMENT(how_to, "docs/how-to.md");

static const struct {
    const char *name, *text, *end;
} topics[] = {
    {"boot-errors", boot_errors_text, boot_errors_end},
    {"how-to", how_to_text, how_to_end},
};
enum { TOPIC_COUNT = sizeof topics / sizeof topics[0] };

bool topic_print(const char *name)
{
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        if (strcmp(name, topics[i].name) == 0) {
            const char *text = strchr(topics[i].text, '\n') + 1; /* behind the licence's line */
            fwrite(text, 1, (size_t)(topics[i].end - text), stdout);
            return true;
        }
    }
    return false;
}
