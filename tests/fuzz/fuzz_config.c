// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the config language: reads any bytes as a config, and evaluates all its entries. Besides
// the sanitizers' checks: results are texts in the arena, a path begins with '/' or is in an image
// of a disc, and an error names its line.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/config/config.h"

enum { ARENA_BYTES = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bytes input;

/* Each path of even length is a file with the input as its contents. */
static bool read_input(const char *path, struct arena *arena, struct bytes *text,
                       struct error *error)
{
    const uint8_t *copy = (const uint8_t *)arena_text(arena, (const char *)input.data, input.size);
    *text = (struct bytes){copy, input.size};
    return (copy != NULL && strlen(path) % 2 == 0) || fail(error, "not found");
}

static enum config_node find_by_length(const char *path)
{
    return (enum config_node)(strlen(path) % 4);
}

/* Turns of loops so far; interrupted() ends long loops, which find nothing new. */
static unsigned turns;

static bool interrupted(void)
{
    enum { MOST_TURNS = 50 };
    return ++turns > MOST_TURNS;
}

static void print(const char *text)
{
    volatile size_t length = strlen(text);
    (void)length;
}

static void read_line(char *text, size_t size)
{
    memset(text, 'x', size - 1);
    text[size - 1] = 0;
}

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

/* Each directory has the same names. */
static bool list_names(const char *path, struct arena *arena, struct listed_name **names,
                       struct error *error)
{
    struct listed_name *first = ARENA_NEW(arena, struct listed_name);
    struct listed_name *second = ARENA_NEW(arena, struct listed_name);
    if (first == NULL || second == NULL || path[0] != '/') {
        return fail(error, "full");
    }
    *first = (struct listed_name){.text = "one", .next = second, .is_directory = true};
    *second = (struct listed_name){.text = "two.cfg"};
    *names = first;
    return true;
}

static bool open_nothing(const char *path, enum file_compression compression, struct file *file,
                         struct arena *arena, struct error *error)
{
    (void)compression;
    (void)arena;
    *file = (struct file){.path = path, .size = 1000};
    return path[1] != 'x' || fail(error, "not found");
}

static bool read_zeros(const struct file *file, uint64_t offset, size_t length, void *buffer,
                       struct error *error)
{
    (void)error;
    require(range_within(offset, length, file->size));
    memset(buffer, 0, length);
    return true;
}

static struct bytes smbios_input(void)
{
    return input;
}

static const struct config_platform platform = {.find = find_by_length,
                                                .list = list_names,
                                                .open = open_nothing,
                                                .read_part = read_zeros,
                                                .smbios = smbios_input,
                                                .read = read_input,
                                                .interrupted = interrupted,
                                                .print = print,
                                                .read_line = read_line};
static const struct config_environment environment = {
    .variables = CONFIG_CD_VARIABLES, .platform = &platform, .overlay = config_overlay_linked};

/* Checks for "name:line: reason"; a name may contain colons. */
static void check_error(const struct error *error)
{
    const char *rest = error->message;
    require(*rest == 'g' || *rest == '/' || *rest == '('); /* g.cfg, or a file that it sources */
    while ((rest = strchr(rest, ':')) != NULL) {
        rest++;
        size_t digits = strspn(rest, "0123456789");
        if (*rest != '0' && digits > 0 && strncmp(rest + digits, ": ", 2) == 0) {
            require(rest[digits + 2] != 0);
            return;
        }
    }
    require(0);
}

static void check_in_arena(const struct arena *arena, const char *text)
{
    uintptr_t start = (uintptr_t)arena->base;
    require((uintptr_t)text >= start && (uintptr_t)text + strlen(text) < start + arena->used);
}

/* is_chain: the file may be a list of blocks, such as (hd0)+1. */
static void check_file(const struct arena *arena, const struct config_file *file, bool is_chain)
{
    bool is_in_image = file->path[0] == '(' && strstr(file->path, ")/") != NULL;
    bool is_list = is_chain && strpbrk(file->path, "+0123456789") != NULL;
    require((file->path[0] == '/' || is_in_image || is_list) && file->line > 0);
    check_in_arena(arena, file->path);
    check_in_arena(arena, file->arguments);
}

static void check_boot(const struct arena *arena, const struct config_boot *boot)
{
    if (boot->action != CONFIG_ACTION_BOOT && boot->action != CONFIG_ACTION_CONFIG) {
        return;
    }
    check_file(arena, &boot->kernel, boot->protocol == CONFIG_CHAINLOADER);
    require(boot->action == CONFIG_ACTION_CONFIG ||
            (boot->protocol >= CONFIG_MULTIBOOT1 && boot->protocol <= CONFIG_CHAINLOADER));
    for (size_t i = 0; i < boot->module_count; i++) {
        check_file(arena, &boot->modules[i], false);
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
    input = (struct bytes){data, size};
    turns = 0;
    const char *name = size > 0 && data[0] == '#' ? "g/menu.lst" : "g.cfg";
    if (!config_read_with(&config, input, name, &environment, &arena, &error)) {
        check_error(&error);
        return 0;
    }
    require(config.entry_count > 0);
    require(config_seconds_to_wait(&config) >= -1);
    require(config_default(&config) < config.entry_count);
    check_entries(&config);
    uint32_t line = 0;
    for (const struct config_warning *w = config.warnings; w != NULL; w = w->next) {
        if (w->name != name) {
            continue;
        }
        require(w->line >= line);
        line = w->line;
    }
    return 0;
}
