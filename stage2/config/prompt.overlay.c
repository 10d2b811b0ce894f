// SPDX-License-Identifier: BSD-2-Clause
// See config/prompt.h: evaluation of single lines.
#include "stage2/config/prompt.h"

#include <string.h>
#include "stage2/config/evaluator.h"

const char *config_variable(const struct config *config, const char *name)
{
    return variable_value(config, config->scope, name, strlen(name));
}

/* The result of a line without errors. */
static enum config_typed result_of(const struct evaluator *eval)
{
    const struct config_boot *boot = eval->boot;
    if (!eval->stopped) {
        return CONFIG_TYPED_MORE;
    }
    if (boot->action == CONFIG_ACTION_BOOT && boot->kernel.path == NULL) {
        eval_fail(eval, "no kernel is loaded: multiboot, multiboot2 or pvh names one");
        return CONFIG_TYPED_WRONG;
    }
    return CONFIG_TYPED_BOOT;
}

enum config_typed config_type(struct config *config, struct config_prompt *prompt, const char *line,
                              const struct config_warning **warnings, struct error *error)
{
    struct evaluator eval = {.config = config,
                             .arena = config->arena,
                             .error = error,
                             .boot = &prompt->boot,
                             .scope = config->scope,
                             .menu = &config->top,
                             .failed = prompt->failed,
                             .loaded = config->loaded};
    size_t used = config->arena->used;
    size_t length = strlen(line);
    char *text = arena_text(config->arena, line, length);
    size_t kept = config->arena->used;
    *warnings = NULL;
    if (text == NULL) {
        eval_fail_full(&eval);
        return CONFIG_TYPED_WRONG;
    }
    /* Start with an empty list: this line is line 1, and a warning about the config's line 1 must
       not suppress the same one about this line. */
    struct config_warning *before = config->warnings;
    size_t count = config->warning_count;
    config->warnings = NULL;
    config->warning_count = 0;
    eval_enter(&eval, &(struct config_text){.name = "command line",
                                            .bytes = {(const uint8_t *)text, length},
                                            .line = 1});
    bool fine = eval_commands(&eval);
    *warnings = config->warnings;
    config->loaded = eval.loaded;
    config->warnings = before;
    config->warning_count = count;
    prompt->failed = eval.failed || !fine;
    if (config->arena->used == kept) {
        config->arena->used = used; /* nothing refers to the text */
    }
    return fine ? result_of(&eval) : CONFIG_TYPED_WRONG;
}
