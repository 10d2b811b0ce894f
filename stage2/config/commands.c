// SPDX-License-Identifier: BSD-2-Clause
// The config's commands by their names.
#include "stage2/config/evaluator.h"

#include <string.h>

/* The commands of a plain config, and, behind `boot`, what has no effect on one. Those that load
   stand at even places for Multiboot 1, at odd ones for Multiboot 2. */
enum {
    COMMAND_MULTIBOOT,
    COMMAND_MULTIBOOT2,
    COMMAND_MODULE,
    COMMAND_MODULE2,
    COMMAND_SET,
    COMMAND_UNSET,
    COMMAND_MENUENTRY,
    COMMAND_BOOT,
    COMMAND_LOAD_VIDEO,
};
const char command_names[] = "multiboot\0multiboot2\0module\0module2\0set\0unset\0menuentry\0boot\0"
                             "load_video\0insmod\0export\0loadfont\0background_image\0true\0";

/* Sets by "name=value"; the words are ours to write to. */
static bool assign(struct run *run, const char *word)
{
    char *equals = strchr(word, '=');
    if (equals == NULL || equals == word) {
        run_warn(run, "'%.40s' is no assignment: write name=value without blanks", word);
        run->failed = true;
        return true;
    }
    *equals = 0;
    return set_variable(run, word, equals + 1);
}

static bool run_load(struct run *run, struct words words, int which)
{
    bool second = (which & 1) != 0;
    enum config_protocol protocol = second ? CONFIG_MULTIBOOT2 : CONFIG_MULTIBOOT1;
    run->loads = true;
    if (run->boot == NULL) {
        return true;
    }
    run->keep = true;
    bool loaded = which < COMMAND_MODULE ? load_kernel(run, words, protocol)
                                         : load_module(run, words, protocol);
    if (!loaded && run->lists) {
        /* The entries may still be good. */
        run_warn(run, "%s", run->error->message);
        memset(run->boot, 0, sizeof *run->boot);
        loaded = run->failed = true;
    }
    return loaded;
}

bool run_command(struct run *run, const struct command *command)
{
    if (command->count == 0) {
        return true; /* all of it vanished: an unset variable */
    }
    struct words words = words_of(command);
    const char *name = command->words;
    int which = find_word(command_names, name);
    switch (which) {
    case COMMAND_SET:
        return words.count == 0 || assign(run, words.word);
    case COMMAND_UNSET:
        return words.count == 0 || set_variable(run, words.word, NULL);
    case COMMAND_MENUENTRY:
        return run_menuentry(run, command);
    case COMMAND_MULTIBOOT:
    case COMMAND_MULTIBOOT2:
    case COMMAND_MODULE:
    case COMMAND_MODULE2:
        return run_load(run, words, which);
    case COMMAND_BOOT:
        return run_action(run, CONFIG_ACTION_BOOT);
    case COMMAND_LOAD_VIDEO: /* to GRUB a function, which a config may have of its own */
        return run->config->functions == NULL || run_rare_command(run, command);
    case -1:
        return strchr(name, '=') != NULL ? assign(run, name) : run_rare_command(run, command);
    default: /* what has no effect on what is booted from a disc */
        return true;
    }
}
