// SPDX-License-Identifier: BSD-2-Clause
// See list.h.
#include "tools/tree/list.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "stage2/fs/iso9660_list.h"

// ---- A tree of the disk

/* Adds a name, unless it is there. */
static bool add_name(const char *text, size_t length, struct arena *arena,
                     struct listed_name **names, struct error *error)
{
    for (const struct listed_name *name = *names; name != NULL; name = name->next) {
        if (strncmp(name->text, text, length) == 0 && name->text[length] == '\0') {
            return true;
        }
    }
    struct listed_name *added = ARENA_NEW(arena, struct listed_name);
    const char *copy = arena_text(arena, text, length);
    if (added == NULL || copy == NULL) {
        return fail(error, "out of memory");
    }
    *added = (struct listed_name){.text = copy, .next = *names};
    *names = added;
    return true;
}

static bool add_directory(const char *disk, struct arena *arena, struct listed_name **names,
                          struct error *error)
{
    DIR *directory = opendir(disk);
    bool done = true;
    for (const struct dirent *entry;
         done && directory != NULL && (entry = readdir(directory)) != NULL;) {
        bool is_dot = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        done = is_dot || add_name(entry->d_name, strlen(entry->d_name), arena, names, error);
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return done;
}

/* Adds what one source puts into the directory of this path. */
static bool add_source(const struct tree_source *source, const char *path, struct arena *arena,
                       struct listed_name **names, struct error *error)
{
    const char *rest = tree_path_below(path, source->target);
    if (rest != NULL && source->is_directory) {
        char disk[2 * PATH_MAX];
        snprintf(disk, sizeof disk, "%s%s", source->disk, strcmp(rest, "/") == 0 ? "" : rest);
        return add_directory(disk, arena, names, error);
    }
    const char *inside = tree_path_below(source->target, path);
    if (inside == NULL || strspn(inside, "/") == strlen(inside)) {
        return true;
    }
    const char *name = inside + strspn(inside, "/");
    return add_name(name, strcspn(name, "/"), arena, names, error);
}

static bool list_sources(const struct tree *tree, const char *path, struct arena *arena,
                         struct listed_name **names, struct error *error)
{
    struct tree_node node;
    if (!tree_find(tree, path, &node, error)) {
        return false;
    }
    *names = NULL;
    for (size_t i = 0; i < tree->count; i++) {
        if (!add_source(&tree->sources[i], node.path, arena, names, error)) {
            return false;
        }
    }
    return true;
}

// ---- An ISO

static bool list_iso(const struct iso *iso, const char *path, struct arena *arena,
                     struct listed_name **names, struct error *error)
{
    struct iso9660_file file;
    struct iso9660_list list;
    enum iso9660_step step;
    const uint8_t *sector = NULL;
    if (!iso_find(iso, path, &file, arena, error)) {
        return false;
    }
    if (!file.is_directory) {
        return fail(error, "is no directory");
    }
    iso9660_list_start(&list, &iso->volume, &file, arena);
    while ((step = iso9660_list_step(&list, sector, error)) == ISO9660_READ) {
        uint64_t offset = (uint64_t)list.wanted_lba * ISO9660_SECTOR_SIZE;
        if (!range_within(offset, ISO9660_SECTOR_SIZE, iso->bytes.size)) {
            return fail(error, "block %u is beyond the ISO's end", list.wanted_lba);
        }
        sector = iso->bytes.data + offset;
    }
    *names = list.names;
    return step == ISO9660_DONE;
}

bool tree_list(const struct tree *tree, const char *path, struct arena *arena,
               struct listed_name **names, struct error *error)
{
    return tree->iso != NULL ? list_iso(tree->iso, path, arena, names, error)
                             : list_sources(tree, path, arena, names, error);
}
