// SPDX-License-Identifier: BSD-2-Clause
// grub.cfg. The language is that of the GRUB manual, chapter "Writing full configuration files
// directly"; where the manual is silent, what GRUB 2.06 was seen to do.
//
// A config is evaluated once, which lists its entries; an entry's body when it is to be booted.
#include "stage2/config.h"

#include <string.h>
#include "stage2/config_run.h"

static bool check_text(struct run *run, struct bytes *text)
{
    run->line = 1;
    if (text->size > CONFIG_MAX_BYTES) {
        return run_fail(run, "the config is larger than %d bytes", CONFIG_MAX_BYTES);
    }
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] == 0) {
            return run_fail(run, "a NUL byte: this is not a text in ASCII or UTF-8");
        }
        run->line += text->data[i] == '\n';
    }
    run->line = 1;
    if (text->size >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0) {
        text->data += 3;
        text->size -= 3;
    }
    return true;
}

/* Nothing to boot: for the reason of the first warning, if there was one. */
static bool fail_with_warning(struct run *run, uint32_t line, const char *reason)
{
    run->line = run->first_warning != NULL ? run->first_warning->line : line;
    return run_fail(run, "%s", run->first_warning != NULL ? run->first_warning->text : reason);
}

bool config_read_with(struct config *config, struct bytes text, const char *name,
                      const char *variables, struct arena *arena, struct error *error)
{
    *config = (struct config){.name = name, .arena = arena, .variables = variables};
    struct run run = {.config = config, .arena = arena, .error = error, .menu = &config->top};
    if (!check_text(&run, &text) || !run_open_scope(&run, NULL)) {
        return false;
    }
    config->scope = run.scope;
    run_enter(&run, text, 1);
    if (!run_commands(&run)) {
        return false;
    }
    /* A config without entries, or with commands that boot before it comes to a menu. */
    if (run.stopped || (config->entry_count == 0 && run.loads)) {
        struct config_entry whole = {
            .title = name, .id = "", .line = 1, .body = text, .body_line = 1, .menu = &config->top};
        config->entry_count = 0;
        return run_add_entry(&run, &whole);
    }
    return config->entry_count > 0 || fail_with_warning(&run, 1, "the config has no menuentry");
}

bool config_read(struct config *config, struct bytes text, const char *name, struct arena *arena,
                 struct error *error)
{
    static const char variables[] = "root=cd\0prefix=(cd)/boot/grub\0cmdpath=(cd)\0"
                                    "grub_cpu=i386\0grub_platform=pc\0";
    return config_read_with(config, text, name, variables, arena, error);
}

bool config_evaluate(struct config *config, const struct config_entry *entry,
                     struct config_boot *boot, struct error *error)
{
    struct run run = {.config = config,
                      .arena = config->arena,
                      .error = error,
                      .boot = boot,
                      .line = entry->line};
    memset(boot, 0, sizeof *boot);
    if (!run_open_scope(&run, entry->scope)) {
        return false;
    }
    run_enter(&run, entry->body, entry->body_line);
    if (!run_commands(&run)) {
        return false;
    }
    boot->gfxpayload = variable_value(config, run.scope, GFXPAYLOAD, strlen(GFXPAYLOAD));
    boot->timing = variable_value(config, run.scope, TIMING, strlen(TIMING));
    boot->names_no_kernel = boot->action == CONFIG_ACTION_BOOT && boot->kernel.path == NULL;
    return !boot->names_no_kernel ||
           fail_with_warning(&run, entry->line,
                             "nothing to boot: no multiboot line names a kernel");
}

int config_timeout(const struct config *config, bool *is_set)
{
    int seconds = -1;
    const char *value = variable_value(config, config->scope, "timeout", strlen("timeout"));
    *is_set = value != NULL && parse_number(value, strlen(value), &seconds);
    return seconds < 0 ? -1 : seconds;
}
