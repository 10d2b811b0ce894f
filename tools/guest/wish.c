// SPDX-License-Identifier: BSD-2-Clause
// See wish.h. The config's text stays as it is, but for two lines at its end that choose the entry,
// and for words at the end of the kernel's line.
#include "tools/guest/wish.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/check/check.h"
#include "tools/check/report.h"
#include "tools/lib/config_words.h"
#include "tools/lib/shell_word.h"
#include "tools/lib/writing.h"
#include "tools/tree/tree.h"

/* What is known about a changed config. */
struct wisher {
    const char *tree_path, *path; /* path: of the file with the changed config */
    const struct source_wish *wish;
    struct check check;
};

// ---- The text

/* Reads the tree's config. NULL: it cannot be read. */
static char *read_config(const char *tree_path, size_t *length, struct error *error)
{
    struct tree_source source = {.target = "/", .is_directory = true};
    struct tree tree = {.sources = &source, .count = 1};
    static struct tree_node node; /* large */
    char *text = NULL;
    if (realpath(tree_path, source.disk) == NULL || !tree_find(&tree, CONFIG_PATH, &node, error)) {
        fail(error, "%s: has no " CONFIG_PATH ", which --entry and --append change", tree_path);
        return NULL;
    }
    FILE *file = fopen(node.disk, "re");
    if (file != NULL) {
        text = calloc(1, CONFIG_MAX_BYTES + 1);
        *length = text != NULL ? fread(text, 1, CONFIG_MAX_BYTES, file) : 0;
        fclose(file);
    }
    if (text == NULL) {
        fail(error, "%s: %s", node.disk, strerror(errno));
    }
    return text;
}

/* Finds the end of a line, from 1, and of those that continue it after a backslash. */
static size_t end_of_line(const char *text, size_t length, uint32_t line)
{
    size_t at = 0;
    for (uint32_t number = 1; at < length; at++) {
        bool is_end = text[at] == '\n' || (text[at] == '\r' && text[at + 1] == '\n');
        bool goes_on = at > 0 && text[at - 1] == '\\';
        if (is_end && number >= line && !goes_on) {
            return at;
        }
        number += text[at] == '\n';
    }
    return length;
}

/* Writes the config: words added at the end of a line (0: of none), and the entry. */
static bool write_config(const struct wisher *wisher, const char *text, size_t length,
                         uint32_t line, struct error *error)
{
    const char *entry = wisher->wish->entry;
    char *assignment = NULL;
    size_t end = line > 0 ? end_of_line(text, length, line) : length;
    if (entry != NULL && asprintf(&assignment, "default=%s", entry) < 0) {
        return fail(error, "out of memory");
    }
    FILE *out = writing_create_stream(wisher->path);
    if (out != NULL) {
        fwrite(text, 1, end, out);
        if (line > 0) {
            config_words(out, wisher->wish->append);
        }
        fwrite(text + end, 1, length - end, out);
        if (assignment != NULL) {
            fputs("\nset", out);
            config_word(out, assignment, strlen(assignment));
            fputs("\nset timeout=0\n", out);
        }
    }
    free(assignment);
    return writing_close(out, wisher->path, error);
}

// ---- What it boots

/* Evaluates the config. False: it cannot be read, or its default entry would not boot. */
static bool evaluate(struct wisher *wisher, struct error *error)
{
    struct tree_source sources[] = {{.target = "/", .is_directory = true}, {.target = CONFIG_PATH}};
    struct tree tree = {.sources = sources, .count = sizeof sources / sizeof sources[0]};
    const struct check_machine machine = {.firmware = wisher->wish->firmware,
                                          .mib = PRETEND_TYPICAL_MIB};
    if (realpath(wisher->tree_path, sources[0].disk) == NULL ||
        realpath(wisher->path, sources[1].disk) == NULL) {
        return fail(error, "%s: %s", wisher->tree_path, strerror(errno));
    }
    bool is_read = check_configs(&wisher->check, &tree, &machine, error);
    tree_select(NULL); /* the tree is ours, and ends here */
    if (!is_read) {
        return false;
    }
    const struct checked_entry *started = wisher->check.started;
    return started == NULL || started->reason == NULL || fail(error, "%s", started->reason);
}

/* True if the name, or what is behind its last '>', is an entry's number, title or id. */
static bool is_named(const struct config_entry *entry, const char *name)
{
    char position[POSITION_BYTES];
    check_position(entry, position);
    const char *last = strrchr(name, '>'), *number = strrchr(position, '>');
    last = last != NULL ? last + 1 : name;
    number = number != NULL ? number + 1 : position;
    return strcmp(name, position) == 0 || strcmp(last, entry->title) == 0 ||
           strcmp(last, entry->id) == 0 || (last != name && strcmp(last, number) == 0);
}

static bool check_entry(const struct wisher *wisher, struct error *error)
{
    const struct checked *checked = wisher->check.configs;
    char word[SHELL_WORD_BYTES];
    return wisher->wish->entry == NULL ||
           (checked != NULL &&
            is_named(&checked->config.entries[checked->first], wisher->wish->entry)) ||
           fail(error, "%s: has no entry '%s'; whelk check %s lists them", wisher->tree_path,
                wisher->wish->entry, shell_word(word, wisher->tree_path));
}

/* True if the kernel got more arguments, and nothing else is different. */
static bool is_same_but_longer(const struct config_boot *before, const struct config_boot *after)
{
    size_t length = strlen(before->kernel.arguments);
    return strcmp(before->kernel.path, after->kernel.path) == 0 &&
           strncmp(before->kernel.arguments, after->kernel.arguments, length) == 0 &&
           strlen(after->kernel.arguments) > length && before->module_count == after->module_count;
}

/* Adds the arguments to the line of the kernel that boots. */
static bool add_arguments(struct wisher *wisher, const char *text, size_t length,
                          struct error *error)
{
    const struct checked_entry *started = wisher->check.started;
    if (started == NULL || started->boot.action != CONFIG_ACTION_BOOT) {
        return fail(error, "%s: the entry boots no kernel that could get arguments",
                    wisher->tree_path);
    }
    struct wisher changed = *wisher;
    const struct config_file *kernel = &started->boot.kernel;
    const char *config = kernel->config + (kernel->config[0] == '/');
    bool done = strcmp(config, &CONFIG_PATH[1]) == 0 &&
                write_config(wisher, text, length, kernel->line, error) &&
                evaluate(&changed, error) && changed.check.started != NULL &&
                is_same_but_longer(&started->boot, &changed.check.started->boot);
    check_end(&changed.check);
    return done || fail(error,
                        "%s:%u: the kernel's arguments cannot be added at the end of this "
                        "line; write them there yourself",
                        config, kernel->line);
}

bool wish_write_config(const char *tree_path, const struct source_wish *wish, const char *path,
                       struct error *error)
{
    static struct wisher wisher; /* large */
    size_t length = 0;
    wisher = (struct wisher){.tree_path = tree_path, .path = path, .wish = wish};
    char *text = read_config(tree_path, &length, error);
    if (text == NULL) {
        return false;
    }
    bool done = write_config(&wisher, text, length, 0, error);
    if (done) {
        done = evaluate(&wisher, error) && check_entry(&wisher, error) &&
               (wish->append == NULL || add_arguments(&wisher, text, length, error));
        check_end(&wisher.check);
    }
    free(text);
    return done;
}
