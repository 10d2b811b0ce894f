// SPDX-License-Identifier: BSD-2-Clause
// The tree of a future ISO, put together from directories and files of the disk; or the tree of an
// existing ISO. Implements stage2/fs/file.h for it.
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
    bool is_directory;     /* its contents go into the target, together with other sources' */
};

struct tree {
    struct tree_source *sources; /* of files with the same target, the last wins */
    size_t count;
    bool follows_links;    /* the ISO gets the files to which symbolic links on the disk lead */
    const struct iso *iso; /* if not NULL, the tree is this ISO's, and there are no sources */
};

struct tree_node {
    char path[PATH_MAX]; /* in the ISO, free of symbolic links */
    char disk[PATH_MAX]; /* "" for a directory that is only in the ISO */
    struct stat status;  /* for a file of an ISO: only type and size */
    bool is_damaged;     /* not found, as a directory of the ISO is damaged */
};

/* Adds a source as the command line names it: DIRECTORY, FILE or TARGET=SOURCE, in which `\=` and
   `\\` are a literal `=` and `\`. The array of sources must have room for it. */
bool tree_add(struct tree *tree, const char *operand, struct error *error);

/* Finds a path as the loader will find it on the ISO: symbolic links are followed inside the ISO.
   "(/live.iso)/boot/kernel" is a file in an image of a disc, which stays open until tree_select().
   The error's message does not contain the path. */
bool tree_find(const struct tree *tree, const char *path, struct tree_node *node,
               struct error *error);

/* Returns the part of a path after the directory: "" or "/…". NULL: it is not in the directory. */
const char *tree_path_below(const char *path, const char *directory);

/* Selects the tree that file_open() reads (NULL: none), and closes all open files. */
void tree_select(const struct tree *tree);
