// SPDX-License-Identifier: BSD-2-Clause
// The config's commands that load and boot.
#include "stage2/config/evaluator.h"

#include <string.h>

/* Takes "(cd)" and the like off: there is one disc. */
bool clean_path(const struct run *run, const char **path)
{
    const char *name = *path;
    const char *end = *name == '(' ? strchr(name, ')') : NULL;
    if (end != NULL) {
        /* Two where the variable root was set with its parentheses, and is used in others. */
        for (name = end; *name == ')'; name++) {
        }
    }
    if (*name != '/') {
        return run_fail(run, "the path '%.60s' does not begin with '/'", *path);
    }
    *path = name;
    return true;
}

/* Joins words as GRUB does: one blank between them; quotes around a word with a blank; a
   backslash before quotes and backslashes. */
static const char *join_arguments(struct run *run, const char *word, size_t count)
{
    char *joined = run_words_end(run);
    for (; count > 0; count--) {
        bool quoted = strchr(word, ' ') != NULL;
        if (quoted) {
            run_put(run, '"');
        }
        for (; *word != 0; word++) {
            if (*word == '\\' || *word == '\'' || *word == '"') {
                run_put(run, '\\');
            }
            run_put(run, *word);
        }
        word++;
        if (quoted) {
            run_put(run, '"');
        }
        if (count > 1) {
            run_put(run, ' ');
        }
    }
    run_put(run, 0);
    run->word_open = false;
    return joined;
}

struct words words_of(const struct command *command)
{
    return (struct words){next_word(command->words), command->count - 1};
}

const char *take_word(struct words *words)
{
    const char *word = words->word;
    words->word = next_word(word);
    words->count--;
    return word;
}

int take_option(struct words *words, const char *list)
{
    int option = words->count > 0 ? find_word(list, words->word) : -1;
    if (option >= 0) {
        take_word(words);
    }
    return option;
}

bool read_file_words(struct run *run, const struct words *words, struct config_file *file)
{
    file->config = run->cursor.name;
    file->line = run->line;
    file->path = words->word;
    if (words->count == 0) {
        return run_fail(run, "a file's name is missing");
    }
    if (!clean_path(run, &file->path)) {
        return false;
    }
    file->arguments = join_arguments(run, next_word(words->word), words->count - 1);
    return !run->full || run_fail_full(run);
}

bool load_kernel(struct run *run, struct words words, enum config_protocol protocol)
{
    struct config_boot *boot = run->boot;
    /* A second kernel takes the place of the first one and of its modules. */
    memset(boot, 0, sizeof *boot);
    boot->protocol = protocol;
    if (!set_variable(run, GFXPAYLOAD, NULL)) { /* the kernel's header has precedence */
        return false;
    }
    for (int quirk; (quirk = take_option(
                         &words, "--quirk-bad-kludge\0--quirk-modules-after-kernel\0")) >= 0;) {
        boot->ignore_address_fields |= quirk == 0;
        boot->modules_after_kernel |= quirk == 1;
    }
    return read_file_words(run, &words, &boot->kernel);
}

bool load_module(struct run *run, struct words words, enum config_protocol protocol)
{
    struct config_boot *boot = run->boot;
    struct config_file module = {.keep_packed = take_option(&words, "--nounzip\0") == 0};
    if (boot->kernel.path == NULL) {
        return run_fail(run, "a module before the kernel: the multiboot line comes first");
    }
    if (boot->protocol != protocol) {
        return run_fail(run, "multiboot goes with module, multiboot2 with module2");
    }
    if (!read_file_words(run, &words, &module)) {
        return false;
    }
    boot->modules = grown(run, boot->modules, boot->module_count, sizeof module);
    if (boot->modules == NULL) {
        return false;
    }
    boot->modules[boot->module_count++] = module;
    return true;
}

bool run_action(struct run *run, enum config_action action)
{
    /* At the top level it ends the config; of a submenu it is the entry's matter. */
    run->stopped = run->boot != NULL && (action != CONFIG_ACTION_BOOT || run->loads || !run->lists);
    if (run->stopped) {
        run->boot->action = action;
    }
    return true;
}
