// SPDX-License-Identifier: BSD-2-Clause
// The directories and files that become the ISO, seen as the one tree that they will be there; or
// those of an ISO that there is. Implements stage2/fs/file.h over it.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include "loader/error.h"
#include "tools/tree/iso.h"

struct tree_source {
    char target[PATH_MAX]; /* in the ISO: "/", "/boot/kernel" */
    char disk[PATH_MAX];   /* absolute, free of symbolic links */
    bool is_directory;     /* its contents go into the target, which other sources may fill too */
};

struct tree {
    struct tree_source *sources; /* the later wins */
    size_t count;
    bool follows_links;    /* the ISO has what symbolic links lead to on the disk */
    const struct iso *iso; /* in place of the sources; NULL: there is none */
};

struct tree_node {
    char path[PATH_MAX]; /* in the ISO, free of symbolic links */
    char disk[PATH_MAX]; /* "" for what only exists in the ISO */
    struct stat status;  /* of what is in an ISO, type and size only */
};

/* Adds what the command line names: DIRECTORY, FILE, or TARGET=SOURCE, with `\=` and `\\` for
   characters that are meant as such. sources has room for one more. */
bool tree_add(struct tree *tree, const char *operand, struct error *error);

/* Finds a path as the loader will on the ISO: symbolic links in it are followed inside it. False
   with a reason that does not repeat the path. */
bool tree_find(const struct tree *tree, const char *path, struct tree_node *node,
               struct error *error);

/* Says which tree file_open() means; forgets the files that are open. */
void tree_select(const struct tree *tree);
