// SPDX-License-Identifier: BSD-2-Clause
// The config's commands by their names.
#include "stage2/config_run.h"

#include <string.h>

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

bool define_function(struct run *run, const struct command *command)
{
    struct config_function *function = run_allocate(run, sizeof *function);
    if (function == NULL) {
        return false;
    }
    if (!command->has_block || command->count < 2) {
        return run_fail(run, "function needs a name and '{'");
    }
    function->next = run->config->functions;
    function->name = next_word(command->words);
    function->body = command->block;
    function->body_line = command->block_line;
    run->config->functions = function;
    run->keep = true;
    return true;
}

static const struct config_function *find_function(const struct run *run, const char *name)
{
    const struct config_function *function = run->config->functions;
    while (function != NULL && strcmp(function->name, name) != 0) {
        function = function->next;
    }
    return function;
}

static bool call_function(struct run *run, const struct command *command,
                          const struct config_function *function)
{
    struct frame *frame = push_frame(run, FRAME_FUNCTION);
    if (frame == NULL) {
        return false;
    }
    frame->words = command->words;
    frame->count = command->count;
    run->keep = true;
    run_enter(run, function->body, function->body_line);
    return true;
}

/* A command that is none of the others': accepted, a function's, refused or unknown. */
static bool run_other(struct run *run, const struct command *command)
{
    /* What has no effect on what is booted from a disc. */
    static const char harmless[] =
        "true\0insmod\0export\0echo\0terminal_output\0terminal_input\0serial\0loadfont\0search\0"
        "load_video\0background_image\0play\0clear\0sleep\0read\0load_env\0";
    /* What an entry needs, and Whelk cannot do. */
    static const char refused[] =
        "linux\0linux16\0linuxefi\0chainloader\0configfile\0source\0.\0normal\0";
    const char *name = command->words;
    if (find_word(harmless, name) >= 0) {
        return true;
    }
    const struct config_function *function = find_function(run, name);
    if (function != NULL) {
        return call_function(run, command, function);
    }
    if (find_word(refused, name) >= 0) {
        run->loads = true;
        if (run->boot != NULL) {
            run->boot->names_no_kernel = true; /* whatever it named before */
            return run_fail(run, "%s is not supported", name);
        }
        run_warn(run, "%s is not supported", name);
        return true;
    }
    if (strchr(name, '=') != NULL) {
        return assign(run, name);
    }
    run_warn(run, "unknown command '%.60s'", name);
    return true;
}

enum {
    COMMAND_SET,
    COMMAND_UNSET,
    COMMAND_MENUENTRY,
    COMMAND_SUBMENU,
    COMMAND_MULTIBOOT,
    COMMAND_MULTIBOOT2,
    COMMAND_MODULE,
    COMMAND_MODULE2,
    COMMAND_BOOT,
    COMMAND_REBOOT,
    COMMAND_HALT,
    COMMAND_EXIT,
    COMMAND_BRACKET,
    COMMAND_TEST,
    COMMAND_FALSE,
};
static const char command_names[] =
    "set\0unset\0menuentry\0submenu\0multiboot\0multiboot2\0module\0"
    "module2\0boot\0reboot\0halt\0exit\0[\0test\0false\0";

static bool run_load(struct run *run, const struct command *command, int which)
{
    struct load_words words = {next_word(command->words), command->count - 1};
    bool second = which == COMMAND_MULTIBOOT2 || which == COMMAND_MODULE2;
    enum config_protocol protocol = second ? CONFIG_MULTIBOOT2 : CONFIG_MULTIBOOT1;
    run->loads = true;
    if (run->boot == NULL) {
        return true;
    }
    run->keep = true;
    return which < COMMAND_MODULE ? load_kernel(run, words, protocol)
                                  : load_module(run, words, protocol);
}

bool run_command(struct run *run, const struct command *command)
{
    const char *name = command->words;
    if (command->count == 0) {
        return true; /* all of it vanished: an unset variable */
    }
    int which = find_word(command_names, name);
    switch (which) {
    case COMMAND_SET:
        return command->count == 1 || assign(run, next_word(name));
    case COMMAND_UNSET:
        return command->count == 1 || set_variable(run, next_word(name), NULL);
    case COMMAND_MENUENTRY:
    case COMMAND_SUBMENU:
        return run_menuentry(run, command, which == COMMAND_SUBMENU);
    case COMMAND_MULTIBOOT:
    case COMMAND_MULTIBOOT2:
    case COMMAND_MODULE:
    case COMMAND_MODULE2:
        return run_load(run, command, which);
    case COMMAND_BOOT:
    case COMMAND_REBOOT:
    case COMMAND_HALT:
    case COMMAND_EXIT:
        return run_action(run, (enum config_action)(which - COMMAND_BOOT));
    case COMMAND_BRACKET:
    case COMMAND_TEST:
        run->failed = !run_test(run, command);
        return true;
    case COMMAND_FALSE:
        run->failed = true;
        return true;
    default:
        return run_other(run, command);
    }
}
