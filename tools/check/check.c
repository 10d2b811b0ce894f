// SPDX-License-Identifier: BSD-2-Clause
// See check.h.
#include "tools/check/check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "tools/check/configs.h"
#include "tools/lib/say.h"

// ---- The order

/* Adds the file of a path in the ISO, unless it is there. */
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
                      const struct checked_entry *entry, struct error *error)
{
    const struct config_boot *boot = &entry->boot;
    if (boot->action != CONFIG_ACTION_BOOT || entry->reason != NULL) {
        return true;
    }
    bool done = add_path(order, tree, boot->kernel.path, error);
    for (size_t i = 0; done && i < boot->module_count; i++) {
        done = add_path(order, tree, boot->modules[i].path, error);
    }
    return done;
}

static bool put_in_order(const struct check *check, struct load_order *order, struct error *error)
{
    bool done = true;
    for (const struct checked *checked = check->configs; done && checked != NULL;
         checked = checked->next) {
        done = add_path(order, check->tree, checked->path, error) &&
               add_entry(order, check->tree, &checked->entries[checked->first], error);
        for (size_t i = 0; done && i < checked->config.entry_count; i++) {
            done = add_entry(order, check->tree, &checked->entries[i], error);
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

static void say_all(const struct check *check)
{
    for (const struct checked *checked = check->configs; checked != NULL; checked = checked->next) {
        for (size_t i = 0; checked->entries != NULL && i < checked->config.entry_count; i++) {
            const struct checked_entry *entry = &checked->entries[i];
            if (entry->reason != NULL) {
                say("%s%s", entry == check->started ? "" : "warning: ", entry->reason);
            }
        }
    }
    for (const struct checked *checked = check->configs; checked != NULL; checked = checked->next) {
        for (const struct config_warning *warning = checked->config.warnings; warning != NULL;
             warning = warning->next) {
            say("%s:%u: %s", warning->name, warning->line, warning->text);
        }
    }
}

bool check_tree(const struct tree *tree, struct load_order *order)
{
    static struct check check; /* large */
    struct error error;
    *order = (struct load_order){0};
    bool done = check_configs(&check, tree, PRETEND_TYPICAL_MIB, &error);
    bool boots = done && check.started->reason == NULL;
    done = done && (!boots || put_in_order(&check, order, &error));
    say_all(&check);
    if (!done) {
        say("%s", error.message);
    }
    check_end(&check);
    return done && boots;
}
