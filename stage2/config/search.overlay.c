// SPDX-License-Identifier: BSD-2-Clause
// The config's search commands: they look for a device by a file, a label or a UUID. The boot disc
// is the only candidate.
#include "stage2/config/evaluator.h"

#include <string.h>

enum search_option {
    SEARCH_FILE,
    SEARCH_LABEL,
    SEARCH_UUID,
    SEARCH_SET,
    SEARCH_NO_FLOPPY,
    SEARCH_FIRST_HINT = 6,
    SEARCH_LETTERS = 13, /* the same from here on */
};
static const char search_options[] =
    "file\0label\0fs-uuid\0set\0no-floppy\0efidisk-only\0"
    "hint\0hint-ieee1275\0hint-bios\0hint-baremetal\0hint-efi\0hint-arc\0cryptodisk-only\0"
    "f\0l\0u\0s\0n\0";

static bool is_found(const struct config_platform *platform, int what, const char *name)
{
    struct error ignored;
    struct evaluator quiet = {.error = &ignored};
    if (what == SEARCH_FILE) {
        return clean_path(&quiet, &name) &&
               (platform->find == NULL || platform->find(name) != CONFIG_NODE_NONE);
    }
    return platform->is_volume == NULL ||
           platform->is_volume(what == SEARCH_LABEL ? CONFIG_VOLUME_LABEL : CONFIG_VOLUME_UUID,
                               name);
}

bool command_search(struct evaluator *eval, const struct command *command)
{
    static const struct config_platform nothing;
    const struct config_platform *platform = eval->config->environment.platform;
    struct words words = words_of(command);
    const char *value;
    const char *variable = NULL;
    const char *name = NULL;
    /* The others are called with the name and the variable, without options. */
    int what = find_word("search.file\0search.fs_label\0search.fs_uuid\0", command->words);
    bool is_short = what >= 0;
    what = is_short ? what : SEARCH_FILE;
    while (words.count > 0) {
        int option = take_long_option(eval, &words, search_options, &value);
        option = option >= SEARCH_LETTERS ? option - SEARCH_LETTERS : option;
        if (option == -1) {
            const char *word = take_word(&words);
            variable = is_short && name != NULL ? word : variable;
            name = name == NULL ? word : name; /* hints follow */
        } else if (option == SEARCH_SET) {
            variable = value != NULL ? value : "root";
        } else if (option >= 0 && option <= SEARCH_UUID) {
            what = option;
        } else if (option >= SEARCH_FIRST_HINT && value == NULL && words.count > 0) {
            take_word(&words);
        }
    }
    if (name == NULL || !is_found(platform != NULL ? platform : &nothing, what, name)) {
        eval_warn(eval, "no such device: %.80s", name != NULL ? name : "");
        eval->failed = true;
        return true;
    }
    return variable == NULL || set_variable(eval, variable, "cd");
}
