// SPDX-License-Identifier: BSD-2-Clause
// The config language as somebody types it: single lines, and what a word could become.
#pragma once

#include "stage2/config/config.h"

/* The value of one of the config's own variables; NULL: not set. */
const char *config_variable(const struct config *config, const char *name);

/* What a config that is typed has come to: begins with zeros. */
struct config_prompt {
    struct config_boot boot;
    bool failed; /* the last command: $? */
};

enum config_typed {
    CONFIG_TYPED_MORE,
    CONFIG_TYPED_WRONG, /* the error says why */
    CONFIG_TYPED_BOOT,  /* prompt->boot says what is to be booted or done */
};

/* Evaluates a line, which acts on the config's own variables. *warnings (in the arena) are those of
   this line. */
enum config_typed config_type(struct config *config, struct config_prompt *prompt, const char *line,
                              const struct config_warning **warnings, struct error *error);

struct config_completion {
    char rest[256];                  /* what is certain to come behind the text; "" nothing */
    const struct config_name *names; /* the ways to go on, if there are several */
};

/* What the last word of a part of a command could be: a command, or a file's absolute path. */
void config_complete(struct config *config, struct bytes text, struct arena *arena,
                     struct config_completion *completion);

/* The names of commands in groups, each a list of strings that ends with an empty one; NULL behind
   the last group. */
enum config_group { CONFIG_GROUP_DONE, CONFIG_GROUP_HARMLESS, CONFIG_GROUP_REFUSED };
const char *config_command_names(unsigned index, enum config_group *group);
