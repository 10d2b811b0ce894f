// SPDX-License-Identifier: BSD-2-Clause
// The config's commands that load files, and their words.
#include "stage2/config/evaluator.h"

#include <string.h>

const char *boot_device(const struct evaluator *eval)
{
    const char *variables = eval->config->environment.variables;
    return variables != NULL ? variables + strlen("root=") : "cd";
}

/* Whether a device, up to a parenthesis or NUL, is the disc that we boot from. */
static bool is_boot_device(const struct evaluator *eval, const char *device)
{
    const char *boot = boot_device(eval);
    const char *at = device;
    if (at[0] == 'c' && at[1] == 'd') {
        at += at[2] == '0' ? 3 : 2;
    } else {
        while (*boot != 0 && *boot == *at) {
            boot++;
            at++;
        }
    }
    return at != device && (*at == ')' || *at == 0);
}

bool clean_path(struct evaluator *eval, const char **path)
{
    const char *name = *path;
    const char *device = name;
    const char *end = *name == '(' ? strchr(name, ')') : NULL;
    if (end != NULL) {
        /* "((cd))": the variable root has parentheses, and the path adds another pair. */
        for (name = end; *name == ')'; name++) {
        }
    } else {
        device = variable_value(eval->config, eval->scope, "root", 4);
    }
    if (*name != '/') {
        return eval_fail(eval, "the path '%.60s' does not begin with '/'", *path);
    }
    *path = name;
    eval->is_elsewhere = end == NULL && eval->config->root_is_unknown;
    while (device != NULL && *device == '(') {
        device++;
    }
    if (device == NULL || is_boot_device(eval, device)) {
        return true;
    }
    eval->is_elsewhere = true;
    const struct config_overlay *overlay = config_overlay(eval->config, eval->error);
    return overlay != NULL && overlay->locate_path(eval, device, path);
}

const char *join_words(struct evaluator *eval, const char *word, size_t count)
{
    char *joined = eval_words_end(eval);
    for (; count > 0; count--) {
        bool quoted = strchr(word, ' ') != NULL;
        if (quoted) {
            eval_put(eval, '"');
        }
        for (; *word != 0; word++) {
            if (*word == '\\' || *word == '\'' || *word == '"') {
                eval_put(eval, '\\');
            }
            eval_put(eval, *word);
        }
        word++;
        if (quoted) {
            eval_put(eval, '"');
        }
        if (count > 1) {
            eval_put(eval, ' ');
        }
    }
    eval_put(eval, 0);
    eval->word_open = false;
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

bool read_file_words(struct evaluator *eval, const struct words *words, struct config_file *file)
{
    file->config = eval->cursor.name;
    file->line = eval->line;
    file->path = words->word;
    if (words->count == 0) {
        return eval_fail(eval, "a file's name is missing");
    }
    if (!clean_path(eval, &file->path)) {
        return false;
    }
    file->is_elsewhere = eval->is_elsewhere;
    file->arguments = join_words(eval, next_word(words->word), words->count - 1);
    return !eval->full || eval_fail_full(eval);
}

bool load_kernel(struct evaluator *eval, struct words words, enum config_protocol protocol)
{
    struct config_boot *boot = eval->boot;
    /* A second kernel replaces the first one and its modules. */
    memset(boot, 0, sizeof *boot);
    boot->protocol = protocol;
    if (!set_variable(eval, GFXPAYLOAD, NULL)) { /* the kernel's header has precedence */
        return false;
    }
    for (int quirk; (quirk = take_option(
                         &words, "--quirk-bad-kludge\0--quirk-modules-after-kernel\0")) >= 0;) {
        boot->ignore_address_fields |= quirk == 0;
        boot->modules_after_kernel |= quirk == 1;
    }
    return read_file_words(eval, &words, &boot->kernel);
}

bool load_module(struct evaluator *eval, struct words words, bool is_2)
{
    struct config_boot *boot = eval->boot;
    struct config_file module = {.keep_compressed = take_option(&words, "--nounzip\0") == 0};
    if (boot->kernel.path == NULL) {
        return eval_fail(eval, "a module before the kernel: the multiboot line comes first");
    }
    if ((boot->protocol == CONFIG_MULTIBOOT2) != is_2 || boot->protocol > CONFIG_PVH) {
        return eval_fail(eval, "multiboot and pvh go with module, multiboot2 with module2");
    }
    if (!read_file_words(eval, &words, &module)) {
        return false;
    }
    boot->modules = array_reserve(eval, boot->modules, boot->module_count, sizeof module);
    if (boot->modules == NULL) {
        return false;
    }
    boot->modules[boot->module_count++] = module;
    return true;
}

bool eval_action(struct evaluator *eval, enum config_action action)
{
    /* A submenu's commands are not run. At the top level, `boot` counts only if something is
       loaded. */
    eval->stopped =
        eval->boot != NULL && (action != CONFIG_ACTION_BOOT || eval->loads || !eval->lists);
    if (eval->stopped) {
        eval->boot->action = action;
        eval->boot->boots_itself = action == CONFIG_ACTION_BOOT;
    }
    return true;
}
