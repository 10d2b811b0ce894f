// SPDX-License-Identifier: BSD-2-Clause
// The config language at a prompt: single lines, and completion of words.
#pragma once

#include "stage2/config/config.h"

/* The value of a variable that the config sets outside any submenu and entry; NULL: not set. */
const char *config_variable(const struct config *config, const char *name);

/* What one typed line leaves to the next. Starts as zeros. */
struct config_prompt {
    struct config_boot boot;
    bool failed; /* the last command failed: $? */
};

enum config_typed {
    CONFIG_TYPED_MORE,
    CONFIG_TYPED_WRONG, /* the error says why */
    CONFIG_TYPED_BOOT,  /* prompt->boot says what is to be booted or done */
};

/* Evaluates a line; it sets variables of the config's top level. *warnings, in the arena, gets the
   warnings about this line. */
enum config_typed config_type(struct config *config, struct config_prompt *prompt, const char *line,
                              const struct config_warning **warnings, struct error *error);

/* Whether the index-th entry could boot, as far as its commands and the starts of its files say:
   false if it is sure to fail. Shows and changes nothing. */
bool config_could_boot(struct config *config, size_t index);

struct config_completion {
    char rest[256];                  /* text to insert; "" if there is none */
    const struct listed_name *names; /* the candidates, if several are left and rest is "" */
};

/* Completes the last word of text, to the name of a command or the absolute path of a file. */
void config_complete(struct config *config, struct bytes text, struct arena *arena,
                     struct config_completion *completion);

/* The names of the commands of a group, from index 0: strings, and an empty one. NULL: there is no
   such group. */
enum config_group { CONFIG_GROUP_DONE, CONFIG_GROUP_HARMLESS, CONFIG_GROUP_REFUSED };
const char *config_command_names(unsigned index, enum config_group *group);
