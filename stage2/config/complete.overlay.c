// SPDX-License-Identifier: BSD-2-Clause
// See config/prompt.h: completion.
#include "stage2/config/prompt.h"

#include <string.h>
#include "stage2/config/evaluator.h"

/* Where the last word begins. */
static const char *last_word(const char *text, const char *end)
{
    while (end > text && !ends_word(end[-1]) && strchr("=\"'", end[-1]) == NULL) {
        end--;
    }
    return end;
}

/* Whether a command's name may follow a text: it ends with a command's end, or with a keyword that
   a command follows. */
static bool begins_command(const char *text, const char *end)
{
    while (end > text && is_blank(end[-1])) {
        end--;
    }
    if (end == text || strchr(";{}", end[-1]) != NULL) {
        return true;
    }
    const char *word = last_word(text, end);
    return find_name("if\0then\0elif\0else\0while\0until\0do\0!\0", word, (size_t)(end - word)) >=
           0;
}

static bool begins_with(const char *text, const char *start, size_t length)
{
    return strncmp(text, start, length) == 0;
}

/* Lists the commands whose names begin with start. */
static struct listed_name *find_commands(const char *start, size_t length, struct arena *arena)
{
    struct listed_name *found = NULL;
    struct listed_name **link = &found;
    enum config_group group;
    const char *name;
    for (unsigned i = 0; (name = config_command_names(i, &group)) != NULL; i++) {
        for (; *name != 0; name = next_word(name)) {
            struct listed_name *next =
                begins_with(name, start, length) ? ARENA_NEW(arena, struct listed_name) : NULL;
            if (next != NULL) {
                next->text = name;
                *link = next;
                link = &next->next;
            }
        }
    }
    return found;
}

/* Lists the files that a path could become: those in its directory whose names begin with its last
   component. *length is that component's. */
static struct listed_name *find_files(const struct config *config, const char *path,
                                      const char *end, size_t *length, struct arena *arena)
{
    const struct config_platform *platform = config->environment.platform;
    const char *device_end = path;
    if (path < end && *path == '(') {
        while (device_end < end && *device_end++ != ')') {
        }
    }
    path = device_end;
    const char *name = end;
    while (name > path && name[-1] != '/') {
        name--;
    }
    *length = (size_t)(end - name);
    const char *directory = arena_text(arena, path, (size_t)(name - path));
    struct listed_name *found;
    struct error ignored;
    if (platform == NULL || platform->list == NULL || directory == NULL || directory[0] != '/' ||
        !platform->list(directory, arena, &found, &ignored)) {
        return NULL;
    }
    for (struct listed_name **link = &found; *link != NULL;) {
        if (begins_with((*link)->text, name, *length)) {
            link = &(*link)->next;
        } else {
            *link = (*link)->next;
        }
    }
    return found;
}

/* The length of the longest start that all names share. */
static size_t common_length(const struct listed_name *names)
{
    const char *first = names->text;
    size_t common = strlen(first);
    for (; names != NULL; names = names->next) {
        size_t same = 0;
        while (same < common && names->text[same] == first[same]) {
            same++;
        }
        common = same;
    }
    return common;
}

void config_complete(struct config *config, struct bytes text, struct arena *arena,
                     struct config_completion *completion)
{
    const char *start = (const char *)text.data;
    const char *end = start + text.size;
    const char *word = last_word(start, end);
    size_t length = (size_t)(end - word);
    struct listed_name *names = begins_command(start, word)
                                    ? find_commands(word, length, arena)
                                    : find_files(config, word, end, &length, arena);
    memset(completion, 0, sizeof *completion);
    if (names == NULL) {
        return;
    }
    size_t more = common_length(names) - length;
    if (more + 2 <= sizeof completion->rest) {
        memcpy(completion->rest, names->text + length, more);
        if (names->next == NULL) {
            completion->rest[more++] = names->is_directory ? '/' : ' ';
        }
    }
    completion->names = more == 0 ? names : NULL;
}
