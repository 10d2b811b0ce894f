// SPDX-License-Identifier: BSD-2-Clause
// Wildcards in words, which GRUB expands once its module regexp is loaded: * and ? in the names of
// a path. The paths come in the order that they have on an ISO of grub-mkrescue. A pattern that
// matches nothing stays.
#include "stage2/config/evaluator.h"

#include <string.h>

static bool is_mark(int c)
{
    return c == ANY_CHARACTERS || c == ANY_CHARACTER;
}

/* Whether a name matches a pattern of this length. */
static bool matches(const char *pattern, size_t length, const char *name)
{
    const char *end = pattern + length;
    const char *star = NULL; /* after the last '*' */
    const char *again = NULL;
    while (*name != 0) {
        if (pattern < end && *pattern == ANY_CHARACTERS) {
            star = ++pattern;
            again = name;
        } else if (pattern < end && (*pattern == ANY_CHARACTER || *pattern == *name)) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++again;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == ANY_CHARACTERS) {
        pattern++;
    }
    return pattern == end;
}

/* A list of paths, in order. */
struct paths {
    struct listed_name *first, **end;
    struct arena *arena;
    bool is_full; /* the arena had no room */
};

/* Joins three texts, the first two by their lengths. NULL: the arena is full. */
static char *join(struct paths *paths, struct bytes first, struct bytes second, const char *third)
{
    size_t length = strlen(third);
    char *text = arena_allocate(paths->arena, first.size + second.size + length + 1, 1);
    paths->is_full |= text == NULL;
    if (text != NULL) {
        memcpy(text, first.data, first.size);
        memcpy(text + first.size, second.data, second.size);
        memcpy(text + first.size + second.size, third, length);
    }
    return text;
}

static void append(struct paths *paths, const char *text)
{
    struct listed_name *added = text != NULL ? ARENA_NEW(paths->arena, struct listed_name) : NULL;
    paths->is_full |= added == NULL;
    if (added != NULL) {
        added->text = text;
        *paths->end = added;
        paths->end = &added->next;
    }
}

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* A character of a name as xorriso writes it in a file identifier (ECMA-119, 7.5): upper case, and
   '_' for what is neither a letter nor a digit, except the last dot. */
static int identifier_character(int c, bool is_last_dot)
{
    bool is_lower = c >= 'a' && c <= 'z';
    bool is_kept = c == 0 || is_last_dot || is_digit(c) || (c >= 'A' && c <= 'Z');
    return is_lower ? c - 'a' + 'A' : is_kept ? c : '_';
}

static const char *last_dot(const char *name)
{
    const char *dot = NULL;
    for (; *name != 0; name++) {
        dot = *name == '.' ? name : dot;
    }
    return dot;
}

/* Compares names by their file identifiers, which sort the directories of an ISO (ECMA-119, 9.3).
 */
static int compare_names(const char *left, const char *right)
{
    const char *left_dot = last_dot(left);
    const char *right_dot = last_dot(right);
    const char *a = left;
    const char *b = right;
    for (; *a != 0 || *b != 0; a++, b++) {
        int difference =
            identifier_character(*a, a == left_dot) - identifier_character(*b, b == right_dot);
        if (difference != 0) {
            return difference;
        }
    }
    return strcmp(left, right);
}

/* Sorts a list by inserting one name after the other. */
static struct listed_name *sort_names(struct listed_name *names)
{
    struct listed_name *sorted = NULL;
    while (names != NULL) {
        struct listed_name *name = names;
        struct listed_name **link = &sorted;
        names = name->next;
        while (*link != NULL && compare_names((*link)->text, name->text) < 0) {
            link = &(*link)->next;
        }
        name->next = *link;
        *link = name;
    }
    return sorted;
}

/* Lists a directory, in order, by its path, which may have a device in front. NULL: it is none, or
   empty. */
static struct listed_name *list_directory(const struct evaluator *eval, const char *path)
{
    const struct config_platform *platform = find_queries(eval);
    struct listed_name *names = NULL;
    struct error ignored;
    struct evaluator quiet = *eval;
    quiet.error = &ignored;
    bool is_listed = platform->list != NULL && clean_path(&quiet, &path) &&
                     find_node(eval, path) == CONFIG_NODE_DIRECTORY &&
                     platform->list(path, eval->arena, &names, &ignored);
    return is_listed ? sort_names(names) : NULL;
}

/* Adds the paths that begin with this one and match the part of a pattern after it: text, then a
   name with wildcards. */
static void add_matches(const struct evaluator *eval, struct paths *paths, const char *path,
                        struct bytes part)
{
    size_t before = part.size;
    while (part.data[before - 1] != '/') {
        before--;
    }
    struct bytes parent = {part.data, before};
    const char *folder = join(paths, bytes_of(path), parent, "");
    const struct listed_name *name = folder != NULL ? list_directory(eval, folder) : NULL;
    for (; name != NULL; name = name->next) {
        if (strcmp(name->text, ".") != 0 && strcmp(name->text, "..") != 0 &&
            matches((const char *)part.data + before, part.size - before, name->text)) {
            append(paths, join(paths, bytes_of(path), parent, name->text));
        }
    }
}

/* The length of a pattern's next part: up to the end of the next name with wildcards, or all. */
static size_t part_length(const char *pattern, bool *has_wildcards)
{
    size_t length = 0;
    *has_wildcards = false;
    for (; pattern[length] != 0 && !(*has_wildcards && pattern[length] == '/'); length++) {
        *has_wildcards |= is_mark(pattern[length]);
    }
    return length;
}

/* Finds the paths that begin with a device and match a pattern, one part of it after the other. */
static void find_paths(const struct evaluator *eval, const char *device, const char *pattern,
                       struct paths *paths)
{
    append(paths, device);
    while (*pattern != 0 && !paths->is_full) {
        bool has_wildcards;
        struct bytes part = {(const uint8_t *)pattern, part_length(pattern, &has_wildcards)};
        const struct listed_name *path = paths->first;
        paths->first = NULL;
        paths->end = &paths->first;
        for (; path != NULL; path = path->next) {
            if (has_wildcards) {
                add_matches(eval, paths, path->text, part);
                continue;
            }
            const char *whole = join(paths, bytes_of(path->text), part, "");
            if (whole != NULL && find_word_node(eval, whole) != CONFIG_NODE_NONE) {
                append(paths, whole);
            }
        }
        pattern += part.size;
    }
}

/* Splits the device off a pattern: the boot disc, if it matches. NULL: it does not, or the pattern
   has no path. */
static const char *take_device(struct paths *paths, const char **pattern)
{
    const char *device = *pattern;
    const char *end = device;
    if (*device == '/') {
        return "";
    }
    while (*end != 0 && *end != (*device == '(' ? ')' : '/')) {
        end++;
    }
    end += *end == ')';
    size_t length = (size_t)(end - device);
    bool has_wildcards = false;
    for (size_t i = 0; i < length; i++) {
        has_wildcards |= is_mark(device[i]);
    }
    *pattern = end;
    if (*end != 0 && *end != '/') {
        return NULL;
    }
    if (!has_wildcards) {
        return *device == '(' ? join(paths, (struct bytes){(const uint8_t *)device, length},
                                     (struct bytes){(const uint8_t *)"", 0}, "")
                              : NULL;
    }
    return matches(device, length, *device == '(' ? "(cd)" : "cd") ? "(cd)" : NULL;
}

/* Puts back the characters that stand for wildcards. */
static void unmark(char *word)
{
    for (; *word != 0; word++) {
        *word = (char)(*word == ANY_CHARACTERS ? '*' : *word == ANY_CHARACTER ? '?' : *word);
    }
}

/* Copies the paths to the arena's place of the word, as words. */
static void replace_word(struct evaluator *eval, const struct paths *paths)
{
    struct arena *arena = eval->arena;
    size_t start = arena->used;
    for (const struct listed_name *path = paths->first; path != NULL; path = path->next) {
        arena_text(arena, path->text, strlen(path->text));
        eval->word_count++;
    }
    eval->word_count--; /* the pattern's own */
    size_t size = arena->used - start;
    memmove(arena->base + eval->word_start, arena->base + start, size);
    arena->used = eval->word_start + size;
}

void expand_word(struct evaluator *eval)
{
    struct arena *arena = eval->arena;
    char *word = (char *)arena->base + eval->word_start;
    size_t end = arena->used;
    struct paths paths = {.arena = arena, .end = &paths.first};
    if (strchr("/(", *word) != NULL || *word == ANY_CHARACTERS) {
        const char *pattern = word;
        const char *device = take_device(&paths, &pattern);
        if (device != NULL) {
            find_paths(eval, device, pattern, &paths);
        }
    }
    eval->full |= paths.is_full;
    if (paths.first != NULL && !paths.is_full) {
        replace_word(eval, &paths);
    } else {
        arena->used = end;
        unmark(word);
    }
}
