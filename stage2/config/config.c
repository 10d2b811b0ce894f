// SPDX-License-Identifier: BSD-2-Clause
// grub.cfg. The language follows the GRUB manual, chapter "Writing full configuration files
// directly", and where the manual is silent, GRUB 2.06 as observed.
//
// A config's top level is evaluated once, which lists its entries. An entry's body is evaluated
// when it is booted.
#include "stage2/config/config.h"

#include <string.h>
#include "loader/format.h"
#include "stage2/config/evaluator.h"

bool check_text(struct config *config, struct bytes *text, uint32_t *line, struct error *error)
{
    *line = 1;
    if (text->size > CONFIG_MAX_BYTES) {
        return fail(error, "the config is larger than %d bytes", CONFIG_MAX_BYTES);
    }
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] == 0) {
            return fail(error, "a NUL byte: this is not a text in ASCII or UTF-8");
        }
        *line += text->data[i] == '\n';
        config->asks_results |= text->data[i] == '?' && i > 0 && text->data[i - 1] == '$';
    }
    *line = 1;
    if (text->size >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0) {
        text->data += 3;
        text->size -= 3;
    }
    return true;
}

/* Completes eval->boot. False: nothing to boot; the error is the warning's text, or reason if
   warning is NULL. */
static bool finish_request(struct evaluator *eval, const struct config_warning *warning,
                           const char *reason)
{
    struct config_boot *boot = eval->boot;
    boot->gfxpayload = variable_value(eval->config, eval->scope, GFXPAYLOAD, strlen(GFXPAYLOAD));
    boot->has_bochs_driver = (eval->loaded & LOADED_BOCHS) != 0;
    boot->has_cirrus_driver = (eval->loaded & LOADED_CIRRUS) != 0;
    boot->timing = variable_value(eval->config, eval->scope, TIMING, strlen(TIMING));
    boot->verify = variable_value(eval->config, eval->scope, VERIFY, strlen(VERIFY));
    boot->scope = eval->scope;
    boot->names_no_kernel = boot->action == CONFIG_ACTION_BOOT && boot->kernel.path == NULL;
    if (!boot->names_no_kernel) {
        return true;
    }
    if (warning != NULL) {
        reason = warning->text;
        eval->line = warning->line;
        eval->cursor.name = warning->name;
    }
    return eval_fail(eval, "%s", reason);
}

static bool is_legacy(const char *name)
{
    static const char last[] = "menu.lst";
    size_t length = strlen(name);
    return length >= sizeof last - 1 && strcmp(name + length - (sizeof last - 1), last) == 0;
}

const struct config_overlay *config_overlay(struct config *config, struct error *error)
{
    config->needs_overlay = true;
    return config->environment.overlay(config, error);
}

/* Sets what GRUB sets while it reads a config: config_file and config_directory. */
static bool set_config_file(struct evaluator *eval)
{
    enum { PATH_BYTES = 512 };
    const char *name = eval->config->name;
    const char *root = variable_value(eval->config, eval->scope, "root", 4);
    char path[PATH_BYTES];
    if (*name == '(') {
        format_text(path, sizeof path, "%s", name);
    } else {
        format_text(path, sizeof path, "(%s)%s%s", root != NULL ? root : "",
                    *name == '/' ? "" : "/", name);
    }
    size_t length = strlen(path);
    const char *file = arena_text(eval->arena, path, length);
    while (path[length - 1] != '/') {
        length--;
    }
    const char *directory = arena_text(eval->arena, path, length - 1);
    return file != NULL && directory != NULL ? set_variable(eval, "config_file", file) &&
                                                   set_variable(eval, "config_directory", directory)
                                             : eval_fail_full(eval);
}

/* Evaluates the whole config; its entries are listed then. */
static bool read_all(struct evaluator *eval, struct config_text *text)
{
    struct config *config = eval->config;
    eval->cursor.name = text->name;
    if (!check_text(config, &text->bytes, &eval->line, eval->error) ||
        !eval_open_scope(eval, NULL)) {
        return false;
    }
    config->scope = eval->scope;
    if (!set_config_file(eval)) {
        return false;
    }
    if (config->environment.is_legacy || is_legacy(text->name)) {
        const struct config_overlay *overlay = config_overlay(config, eval->error);
        if (overlay == NULL || !overlay->from_legacy(&text->bytes, eval->arena)) {
            return overlay != NULL && eval_fail_full(eval);
        }
    }
    eval_enter(eval, text);
    if (!eval_commands(eval) || !set_variable(eval, "config_file", NULL) ||
        !set_variable(eval, "config_directory", NULL)) {
        return false;
    }
    config->loaded = eval->loaded;
    /* The config boots without a menu. */
    if (eval->stopped || (config->entry_count == 0 && eval->loads)) {
        struct config_entry whole = {.title = text->name,
                                     .id = "",
                                     .line = 1,
                                     .body.name = text->name,
                                     .menu = &config->top};
        config->entry_count = 0;
        return eval_add_entry(eval, &whole);
    }
    eval->line = 1;
    return config->entry_count > 0 ||
           finish_request(eval, config->warnings, "the config has no menuentry");
}

bool config_read_with(struct config *config, struct bytes text, const char *name,
                      const struct config_environment *environment, struct arena *arena,
                      struct error *error)
{
    *config = (struct config){.name = name,
                              .arena = arena,
                              .environment = *environment,
                              .root_is_unknown =
                                  environment->outer != NULL && environment->outer->root_is_unknown,
                              .devices = {CONFIG_DEVICE_CONSOLE, CONFIG_DEVICE_CONSOLE}};
    struct config_text whole = {.name = name, .bytes = text, .line = 1};
    struct evaluator eval = {.config = config,
                             .arena = arena,
                             .error = error,
                             .menu = &config->top,
                             .boot = &config->immediate,
                             .lists = true};
    return read_all(&eval, &whole) || eval_finish_error(&eval);
}

/* Evaluates an entry's body; the entry's arguments are $1, … */
static bool eval_entry(struct evaluator *eval, const struct config_entry *entry)
{
    if (entry->body.bytes.data == NULL) {
        *eval->boot = eval->config->immediate;
        eval->scope = eval->config->scope;
        return finish_request(eval, eval->config->warnings,
                              "nothing to boot: no multiboot line names a kernel");
    }
    struct frame *frame = push_frame(eval, FRAME_CALL);
    if (frame == NULL || !eval_open_scope(eval, entry->scope)) {
        return false;
    }
    frame->words = entry->arguments;
    frame->count = entry->argument_count;
    eval_enter(eval, &entry->body);
    if (!eval_commands(eval)) {
        return false;
    }
    eval->cursor.name = entry->body.name;
    eval->line = entry->line;
    return finish_request(eval, eval->first_warning,
                          "nothing to boot: no multiboot line names a kernel");
}

bool config_evaluate(struct config *config, const struct config_entry *entry,
                     struct config_boot *boot, struct error *error)
{
    struct evaluator eval = {.config = config,
                             .arena = config->arena,
                             .error = error,
                             .boot = boot,
                             .loaded = config->loaded,
                             .cursor.name = entry->body.name,
                             .line = entry->line};
    memset(boot, 0, sizeof *boot);
    return eval_entry(&eval, entry) || eval_finish_error(&eval);
}

int config_timeout(const struct config *config, bool *is_set)
{
    int seconds = -1;
    const char *value = variable_value(config, config->scope, "timeout", strlen("timeout"));
    *is_set = value != NULL && parse_number(value, strlen(value), &seconds);
    return seconds < 0 ? -1 : seconds;
}

int config_seconds_to_wait(const struct config *config)
{
    bool is_set;
    int timeout = config_timeout(config, &is_set);
    return !is_set && config->entry_count == 1 ? 0 : timeout;
}
