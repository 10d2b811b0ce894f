// SPDX-License-Identifier: BSD-2-Clause
// See check.h.
#include "tools/check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "loader/arena.h"
#include "stage2/config.h"
#include "stage2/file.h"
#include "stage2/plan.h"
#include "tools/pretend_pc.h"
#include "tools/say.h"

#define CONFIG_ARENA_BYTES ((size_t)1 << 30)
#define PLAN_ARENA_BYTES   ((size_t)16 << 30)

/* A config, and what it reads and boots. The first is grub.cfg, further ones take its place. */
struct checked {
    struct checked *next;
    const char *path;
    struct config config;
    struct config_boot *boots; /* one for each entry */
    size_t first;              /* entry */
};

struct check {
    const struct tree *tree;
    struct pretend_memory memory; /* those who have less are told when they boot */
    struct arena config_arena, plan_arena;
    struct checked *configs, **end;
    size_t refused; /* entries */
};

static const struct tree *selected; /* by check_tree(), for the configs' questions */

static bool prepare(struct check *check, const struct tree *tree, struct error *error)
{
    check->tree = selected = tree;
    check->end = &check->configs;
    tree_select(tree);
    return pretend_arena(&check->config_arena, CONFIG_ARENA_BYTES, error) &&
           pretend_arena(&check->plan_arena, PLAN_ARENA_BYTES, error) &&
           pretend_memory(&check->memory, PRETEND_TYPICAL_MIB, error);
}

// ---- The configs

static enum config_node find_node(const char *path)
{
    struct tree_node node;
    struct error ignored;
    if (!tree_find(selected, path, &node, &ignored)) {
        return CONFIG_NODE_NONE;
    }
    if (S_ISDIR(node.status.st_mode)) {
        return CONFIG_NODE_DIRECTORY;
    }
    return node.status.st_size > 0 ? CONFIG_NODE_FILE : CONFIG_NODE_EMPTY;
}

static bool read_text(const char *path, struct arena *arena, struct bytes *text,
                      struct error *error)
{
    struct file file;
    if (!file_open(path, FILE_AS_IT_IS, &file, arena, error)) {
        return false;
    }
    if (file.size > CONFIG_MAX_BYTES) {
        return fail(error, "has %llu bytes, more than the %d that a config may have",
                    (unsigned long long)file.size, CONFIG_MAX_BYTES);
    }
    uint8_t *data = arena_allocate(arena, (size_t)file.size, 1);
    *text = (struct bytes){data, (size_t)file.size};
    return data != NULL ? file_read(&file, 0, (size_t)file.size, data, error)
                        : fail(error, "out of memory");
}

/* What only the machine knows, a label that only the ISO will have: the config is right. */
static const struct config_host host = {.find = find_node, .read = read_text};
static const struct config_environment environment = {CONFIG_CD_VARIABLES, &host};

/* Puts a config behind the others, once. */
static bool add_config(struct check *check, const char *path, struct error *error)
{
    for (const struct checked *checked = check->configs; checked != NULL; checked = checked->next) {
        if (strcmp(checked->path, path) == 0) {
            return true;
        }
    }
    struct checked *checked = calloc(1, sizeof *checked);
    if (checked == NULL) {
        return fail(error, "out of memory");
    }
    checked->path = path;
    *check->end = checked;
    check->end = &checked->next;
    return true;
}

static bool read_config(struct check *check, struct checked *checked, struct error *error)
{
    const char *name = checked->path + 1; /* in messages as a path in the tree */
    struct bytes text = {0};
    if (checked == check->configs && find_node(checked->path) == CONFIG_NODE_NONE) {
        return fail(error, "%s: no such file in the tree; it says what to boot, as for GRUB", name);
    }
    if (!read_text(checked->path, &check->config_arena, &text, error)) {
        return fail_in(error, "%s: ", name);
    }
    if (!config_read_with(&checked->config, text, name, &environment, &check->config_arena,
                          error)) {
        return false;
    }
    checked->first = config_default(&checked->config);
    checked->boots = calloc(checked->config.entry_count, sizeof *checked->boots);
    return checked->boots != NULL || fail(error, "out of memory");
}

/* Whether the entry would boot; its files need not stay. */
static bool check_entry(struct check *check, struct checked *checked, size_t index,
                        struct error *error)
{
    struct plan plan;
    struct config_boot *boot = &checked->boots[index];
    const struct config_file *kernel = &boot->kernel;
    if (!config_evaluate(&checked->config, &checked->config.entries[index], boot, error)) {
        return false;
    }
    if (boot->action == CONFIG_ACTION_CONFIG) {
        return find_node(kernel->path) == CONFIG_NODE_NONE
                   ? fail(error, "%s:%u: %s: no such file", kernel->config, kernel->line,
                          kernel->path)
                   : add_config(check, kernel->path, error);
    }
    check->plan_arena.used = 0;
    tree_select(check->tree);
    return boot->action != CONFIG_ACTION_BOOT ||
           plan_boot(&plan, boot, checked->config.name, &check->memory.map, &check->plan_arena,
                     error);
}

static void check_entries(struct check *check, struct checked *checked)
{
    for (size_t i = 0; i < checked->config.entry_count; i++) {
        const struct config_boot *boot = &checked->boots[i];
        struct error reason;
        if (!check_entry(check, checked, i, &reason)) {
            say("%s", reason.message);
            /* An entry for something else than Multiboot is no fault, unless it is what boots. */
            check->refused += !boot->names_no_kernel || i == checked->first;
        }
    }
}

/* All configs, as they lead to each other. False: one cannot be read. */
static bool check_configs(struct check *check, struct error *error)
{
    bool is_legacy =
        find_node(CONFIG_PATH) == CONFIG_NODE_NONE && find_node(LEGACY_PATH) != CONFIG_NODE_NONE;
    if (!add_config(check, is_legacy ? LEGACY_PATH : CONFIG_PATH, error)) {
        return false;
    }
    for (struct checked *checked = check->configs; checked != NULL; checked = checked->next) {
        if (!read_config(check, checked, error)) {
            return false;
        }
        check_entries(check, checked);
    }
    return true;
}

// ---- The order

/* Adds the file that path names in the ISO, once. */
static bool add_path(struct load_order *order, const struct tree *tree, const char *path,
                     struct error *error)
{
    struct tree_node node;
    if (!tree_find(tree, path, &node, error)) {
        return fail_in(error, "%s: ", path);
    }
    for (size_t i = 0; i < order->count; i++) {
        if (strcmp(order->paths[i], node.path) == 0) {
            return true;
        }
    }
    char **paths = realloc(order->paths, (order->count + 1) * sizeof *paths);
    char *copy = strdup(node.path);
    if (paths != NULL) {
        order->paths = paths;
    }
    if (paths == NULL || copy == NULL) {
        free(copy);
        return fail(error, "out of memory");
    }
    order->paths[order->count++] = copy;
    uint64_t size = (uint64_t)node.status.st_size;
    order->largest_bytes = size > order->largest_bytes ? size : order->largest_bytes;
    return true;
}

static bool add_entry(struct load_order *order, const struct tree *tree,
                      const struct config_boot *boot, struct error *error)
{
    if (boot->action != CONFIG_ACTION_BOOT || boot->names_no_kernel) {
        return true;
    }
    bool done = add_path(order, tree, boot->kernel.path, error);
    for (size_t i = 0; done && i < boot->module_count; i++) {
        done = add_path(order, tree, boot->modules[i].path, error);
    }
    return done;
}

static bool put_in_order(struct check *check, struct load_order *order, struct error *error)
{
    bool done = true;
    for (const struct checked *checked = check->configs; done && checked != NULL;
         checked = checked->next) {
        done = add_path(order, check->tree, checked->path, error) &&
               add_entry(order, check->tree, &checked->boots[checked->first], error);
        for (size_t i = 0; done && i < checked->config.entry_count; i++) {
            done = add_entry(order, check->tree, &checked->boots[i], error);
        }
    }
    return done;
}

void load_order_free(struct load_order *order)
{
    for (size_t i = 0; i < order->count; i++) {
        free(order->paths[i]);
    }
    free(order->paths);
    *order = (struct load_order){0};
}

// ---- All of it

static void say_warnings(const struct config *config)
{
    for (const struct config_warning *warning = config->warnings; warning != NULL;
         warning = warning->next) {
        say("%s:%u: %s", warning->name, warning->line, warning->text);
    }
}

bool check_tree(const struct tree *tree, struct load_order *order)
{
    static struct check check; /* large; one tree at a time */
    struct error error;
    check = (struct check){0};
    *order = (struct load_order){0};
    bool done = prepare(&check, tree, &error) && check_configs(&check, &error) &&
                (check.refused > 0 || put_in_order(&check, order, &error));
    for (const struct checked *checked = check.configs; checked != NULL; checked = checked->next) {
        say_warnings(&checked->config);
    }
    if (!done) {
        say("%s", error.message);
    }
    while (check.configs != NULL) {
        struct checked *next = check.configs->next;
        free(check.configs->boots);
        free(check.configs);
        check.configs = next;
    }
    tree_select(NULL);
    munmap(check.config_arena.base, check.config_arena.size);
    munmap(check.plan_arena.base, check.plan_arena.size);
    return done && check.refused == 0;
}
