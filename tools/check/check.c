// SPDX-License-Identifier: BSD-2-Clause
// See check.h.
#include "tools/check/check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "tools/check/configs.h"
#include "tools/lib/say.h"

// ---- The order

/* Adds a path to a list, unless it is there. False: out of memory. */
static bool add_to(char ***list, size_t *count, const char *path)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp((*list)[i], path) == 0) {
            return true;
        }
    }
    char **paths = realloc(*list, (*count + 1) * sizeof *paths);
    char *copy = strdup(path);
    if (paths != NULL) {
        *list = paths;
    }
    if (paths == NULL || copy == NULL) {
        free(copy);
        return false;
    }
    paths[(*count)++] = copy;
    return true;
}

/* Adds the file of a path in the ISO, unless it is there. */
static bool add_path(struct load_order *order, const struct tree *tree, const char *path,
                     struct error *error)
{
    struct tree_node node;
    if (!tree_find(tree, path, &node, error)) {
        return fail_in(error, "%s: ", path);
    }
    bool is_added = iso_path_is_in_image(node.path)
                        ? add_to(&order->in_images, &order->in_images_count, node.path)
                        : add_to(&order->paths, &order->count, node.path);
    if (!is_added) {
        return fail(error, "out of memory");
    }
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
    order->wants_sha256 |= boot->verify != NULL && strcmp(boot->verify, "sha256") == 0;
    bool done = boot->kernel.is_elsewhere || add_path(order, tree, boot->kernel.path, error);
    for (size_t i = 0; done && i < boot->module_count; i++) {
        done = boot->modules[i].is_elsewhere || add_path(order, tree, boot->modules[i].path, error);
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
    for (const struct read_text *text = check->texts; done && text != NULL; text = text->next) {
        done = add_path(order, check->tree, text->path, error);
    }
    return done;
}

void load_order_free(struct load_order *order)
{
    for (size_t i = 0; i < order->count; i++) {
        free(order->paths[i]);
    }
    for (size_t i = 0; i < order->in_images_count; i++) {
        free(order->in_images[i]);
    }
    free(order->paths);
    free(order->in_images);
    *order = (struct load_order){0};
}

// ---- What is said

/* The checks for each firmware; only the first one if the configs do not ask for the firmware. */
struct checks {
    struct check at[CHECK_FIRMWARES];
    struct error errors[CHECK_FIRMWARES]; /* why a config could not be read; "": all could be */
    size_t count;
};

/* Why a default entry would not boot; NULL: it would. */
static const char *reason_of_default(const struct checks *checks, size_t which)
{
    const char *error = checks->errors[which].message;
    return error[0] != '\0' ? error : checks->at[which].started->reason;
}

static bool has_reason(const struct checks *checks, size_t which, const char *reason)
{
    const struct checked *checked = checks->at[which].configs;
    if (strcmp(checks->errors[which].message, reason) == 0) {
        return true;
    }
    for (; checked != NULL; checked = checked->next) {
        for (size_t i = 0; checked->entries != NULL && i < checked->config.entry_count; i++) {
            const char *other = checked->entries[i].reason;
            if (other != NULL && strcmp(other, reason) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Says a reason, and with which firmware it counts, unless that is every one. Each is said once. */
static void say_reason(const struct checks *checks, size_t which, const char *reason, bool is_error)
{
    static const char *const names[] = {
        "", "with a BIOS: ", "with 64-bit UEFI: ", "", "with 32-bit UEFI: ", "", "with UEFI: ", ""};
    unsigned firmwares = 0;
    for (size_t i = 0; i < checks->count; i++) {
        bool has = has_reason(checks, i, reason);
        if (has && i < which) {
            return;
        }
        firmwares |= has ? 1U << i : 0;
    }
    bool is_every = firmwares == (1U << checks->count) - 1;
    (is_error ? say_error : say_warning)("%s%s", is_every ? "" : names[firmwares], reason);
}

/* Whether a warning only repeats a reason, which has its line in front. */
static bool is_said(const struct checks *checks, const struct config_warning *warning)
{
    struct error text;
    fail(&text, "%s:%u: %s", warning->name, warning->line, warning->text);
    return has_reason(checks, 0, text.message);
}

/* Whether an earlier check has the same warning. */
static bool is_repeated(const struct checks *checks, size_t which,
                        const struct config_warning *wanted)
{
    for (size_t i = 0; i < which; i++) {
        for (const struct checked *checked = checks->at[i].configs; checked != NULL;
             checked = checked->next) {
            for (const struct config_warning *warning = checked->config.warnings; warning != NULL;
                 warning = warning->next) {
                if (warning->line == wanted->line && strcmp(warning->name, wanted->name) == 0 &&
                    strcmp(warning->text, wanted->text) == 0) {
                    return true;
                }
            }
        }
    }
    return false;
}

static void say_entries(const struct checks *checks, size_t which, bool boots)
{
    const struct check *check = &checks->at[which];
    for (const struct checked *checked = check->configs; checked != NULL; checked = checked->next) {
        for (size_t i = 0; checked->entries != NULL && i < checked->config.entry_count; i++) {
            const struct checked_entry *entry = &checked->entries[i];
            if (entry->missing != NULL && which == 0) {
                say_warning("%s", entry->missing);
            }
            if (entry->reason != NULL) {
                say_reason(checks, which, entry->reason, entry == check->started && !boots);
            }
        }
    }
}

static void say_warnings(const struct checks *checks, size_t which)
{
    const struct checked *checked = checks->at[which].configs;
    for (; checked != NULL; checked = checked->next) {
        for (const struct config_warning *warning = checked->config.warnings; warning != NULL;
             warning = warning->next) {
            if (!is_said(checks, warning) && !is_repeated(checks, which, warning)) {
                say_warning("%s:%u: %s", warning->name, warning->line, warning->text);
            }
        }
    }
}

static void say_all(const struct checks *checks, bool boots)
{
    for (size_t i = 0; i < checks->count; i++) {
        say_entries(checks, i, boots);
    }
    for (size_t i = 0; i < checks->count; i++) {
        say_warnings(checks, i);
    }
    for (size_t i = 0; i < checks->count; i++) {
        if (checks->errors[i].message[0] != '\0') {
            say_reason(checks, i, checks->errors[i].message, !boots);
        }
    }
}

// ---- All of it

bool check_tree(const struct tree *tree, const char *label, bool warns_of_missing,
                struct load_order *order)
{
    static struct checks checks; /* large */
    struct error error = {""};
    bool boots = false;
    *order = (struct load_order){0};
    checks.count = 0;
    do {
        size_t i = checks.count++;
        const struct check_machine machine = {.firmware = (enum check_firmware)i,
                                              .mib = PRETEND_TYPICAL_MIB,
                                              .label = label,
                                              .warns_of_missing = warns_of_missing};
        checks.errors[i] = (struct error){""};
        check_configs(&checks.at[i], tree, &machine, &checks.errors[i]);
        boots |= reason_of_default(&checks, i) == NULL;
    } while (checks.at[0].asks_firmware && checks.count < CHECK_FIRMWARES);
    tree_select(tree);
    bool done = true;
    for (size_t i = 0; done && boots && i < checks.count; i++) {
        done = put_in_order(&checks.at[i], order, &error);
    }
    say_all(&checks, boots);
    if (!done) {
        say_error("%s", error.message);
    }
    for (size_t i = 0; i < checks.count; i++) {
        check_end(&checks.at[i]);
    }
    return done && boots;
}
