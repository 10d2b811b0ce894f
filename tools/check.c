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

static const char config_name[] = "boot/grub/grub.cfg"; /* in messages */

#define CONFIG_ARENA_BYTES ((size_t)1 << 30)
#define PLAN_ARENA_BYTES   ((size_t)16 << 30)

struct check {
    const struct tree *tree;
    struct pretend_memory memory; /* those who have less are told when they boot */
    struct arena config_arena, plan_arena;
    struct config config;
    struct config_boot *boots; /* one for each entry */
    size_t refused;            /* entries */
};

static bool prepare(struct check *check, const struct tree *tree, struct error *error)
{
    check->tree = tree;
    tree_select(tree);
    return pretend_arena(&check->config_arena, CONFIG_ARENA_BYTES, error) &&
           pretend_arena(&check->plan_arena, PLAN_ARENA_BYTES, error) &&
           pretend_memory(&check->memory, PRETEND_TYPICAL_MIB, error);
}

static bool read_config(struct check *check, struct error *error)
{
    struct file file;
    struct tree_node node;
    if (!tree_find(check->tree, CONFIG_PATH, &node, error)) {
        return fail(error, "%s: no such file in the tree; it says what to boot, as for GRUB",
                    config_name);
    }
    if (!file_open(CONFIG_PATH, FILE_AS_IT_IS, &file, &check->config_arena, error)) {
        return fail_in(error, "%s: ", config_name);
    }
    if (file.size > CONFIG_MAX_BYTES) {
        return fail(error, "%s: has %llu bytes, more than the %d that a config may have",
                    config_name, (unsigned long long)file.size, CONFIG_MAX_BYTES);
    }
    uint8_t *text = arena_allocate(&check->config_arena, (size_t)file.size, 1);
    if (text == NULL) {
        return fail(error, "out of memory");
    }
    if (!file_read(&file, 0, (size_t)file.size, text, error)) {
        return fail_in(error, "%s: ", config_name);
    }
    return config_read(&check->config, (struct bytes){text, (size_t)file.size}, config_name,
                       &check->config_arena, error);
}

/* Whether the entry would boot; its files need not stay. */
static bool check_entry(struct check *check, size_t index, struct error *error)
{
    struct plan plan;
    if (!config_evaluate(&check->config, &check->config.entries[index], &check->boots[index],
                         error)) {
        return false;
    }
    check->plan_arena.used = 0;
    tree_select(check->tree);
    return check->boots[index].action != CONFIG_ACTION_BOOT ||
           plan_boot(&plan, &check->boots[index], config_name, &check->memory.map,
                     &check->plan_arena, error);
}

static bool check_entries(struct check *check, struct error *error)
{
    size_t count = check->config.entry_count;
    check->boots = calloc(count, sizeof *check->boots);
    if (check->boots == NULL) {
        return fail(error, "out of memory");
    }
    size_t first = config_default(&check->config);
    for (size_t i = 0; i < count; i++) {
        struct error reason;
        if (!check_entry(check, i, &reason)) {
            say("%s", reason.message);
            /* An entry that shows something only is no fault, unless it is what boots. */
            check->refused += !check->boots[i].names_no_kernel || i == first;
        }
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

/* Every entry could be planned. */
static bool put_in_order(struct check *check, struct load_order *order, struct error *error)
{
    size_t first = config_default(&check->config);
    bool done = add_path(order, check->tree, CONFIG_PATH, error) &&
                add_entry(order, check->tree, &check->boots[first], error);
    for (size_t i = 0; done && i < check->config.entry_count; i++) {
        done = add_entry(order, check->tree, &check->boots[i], error);
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

bool check_tree(const struct tree *tree, struct load_order *order)
{
    static struct check check; /* large; one tree at a time */
    struct error error;
    check = (struct check){0};
    *order = (struct load_order){0};
    bool done = prepare(&check, tree, &error) && read_config(&check, &error) &&
                check_entries(&check, &error) &&
                (check.refused > 0 || put_in_order(&check, order, &error));
    for (const struct config_warning *warning = check.config.warnings; warning != NULL;
         warning = warning->next) {
        say("%s:%u: %s", config_name, warning->line, warning->text);
    }
    if (!done) {
        say("%s", error.message);
    }
    free(check.boots);
    tree_select(NULL);
    munmap(check.config_arena.base, check.config_arena.size);
    munmap(check.plan_arena.base, check.plan_arena.size);
    return done && check.refused == 0;
}
