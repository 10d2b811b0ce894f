// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the config language: any bytes as a config, and what all its entries boot. Beyond the
// sanitizers' own: what comes out is a text in the arena, a path begins with '/', an error has its
// line.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/config.h"

enum { ARENA_BYTES = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void check_error(const struct error *error)
{
    const char *rest = error->message;
    require(strncmp(rest, "g.cfg:", 6) == 0);
    rest += 6;
    require(*rest >= '1' && *rest <= '9');
    rest += strspn(rest, "0123456789");
    require(strncmp(rest, ": ", 2) == 0 && rest[2] != 0);
}

static void check_in_arena(const struct arena *arena, const char *text)
{
    uintptr_t start = (uintptr_t)arena->base;
    require((uintptr_t)text >= start && (uintptr_t)text + strlen(text) < start + arena->used);
}

static void check_file(const struct arena *arena, const struct config_file *file)
{
    require(file->path[0] == '/' && file->line > 0);
    check_in_arena(arena, file->path);
    check_in_arena(arena, file->arguments);
}

static void check_boot(const struct arena *arena, const struct config_boot *boot)
{
    if (boot->action != CONFIG_ACTION_BOOT) {
        return;
    }
    check_file(arena, &boot->kernel);
    require(boot->protocol == CONFIG_MULTIBOOT1 || boot->protocol == CONFIG_MULTIBOOT2);
    for (size_t i = 0; i < boot->module_count; i++) {
        check_file(arena, &boot->modules[i]);
    }
}

static void check_entries(struct config *config)
{
    struct error error;
    for (size_t i = 0; i < config->entry_count; i++) {
        struct config_boot boot;
        require(config->entries[i].menu != NULL && config->entries[i].title != NULL);
        if (config_evaluate(config, &config->entries[i], &boot, &error)) {
            check_boot(config->arena, &boot);
        } else {
            check_error(&error);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[ARENA_BYTES];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct config config;
    struct error error;
    bool is_set;
    if (!config_read(&config, (struct bytes){data, size}, "g.cfg", &arena, &error)) {
        check_error(&error);
        return 0;
    }
    require(config.entry_count > 0);
    require(config_timeout(&config, &is_set) >= -1);
    require(config_default(&config) < config.entry_count);
    check_entries(&config);
    uint32_t line = 0;
    for (const struct config_warning *w = config.warnings; w != NULL; w = w->next) {
        require(w->line >= line);
        line = w->line;
    }
    return 0;
}
