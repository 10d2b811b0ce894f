// SPDX-License-Identifier: BSD-2-Clause
// An ISO 9660 volume (ECMA-119, with Rock Ridge's names) whose files are anywhere in memory: so
// stage 2, which reads discs, reads archives as well. Only descriptors and directories are written;
// the files stay where they are.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/bytes.h"
#include "loader/error.h"

enum {
    VOLUME_MOST_NODES = 2048,    /* files, directories and links */
    VOLUME_MOST_NAME_BYTES = 200 /* of a name or of a link's target */
};

enum volume_kind { VOLUME_DIRECTORY, VOLUME_FILE, VOLUME_LINK };

struct volume_node {
    struct bytes name; /* its last component */
    enum volume_kind kind;
    struct bytes data; /* a file's bytes, a link's target, a directory's sectors */
    uint32_t lba;      /* of data; set by volume_write() */
    struct volume_node *parent, *first_child, *last_child;
    struct volume_node *sibling; /* the next one in its directory */
    struct volume_node *next;    /* the next one in the volume, in the order of the LBAs */
};

struct volume {
    struct arena *arena;
    struct volume_node *root; /* the first of the volume's nodes */
    struct volume_node *last;
    size_t count;
    struct bytes descriptors; /* sectors 16 and 17 */
    uint32_t end_lba;
};

/* An empty volume. The arena has all that is added later. False: it is full. */
bool volume_start(struct volume *volume, struct arena *arena, struct error *error);

/* Adds a file, a directory or a symbolic link by its path, and the directories that lead to it. A
   file or a link of that name is replaced; a directory may be added again. The path's and the
   data's bytes must stay in memory. False with a reason: the path has "..", a NUL or a name that
   is too long, leads through a file, or there is no room. */
bool volume_add(struct volume *volume, struct bytes path, enum volume_kind kind, struct bytes data,
                struct error *error);

/* Finds a path without links in it; NULL: there is none. */
const struct volume_node *volume_find(const struct volume *volume, const char *path);

/* Writes descriptors and directories. Call when all is added. False: the arena is full. */
bool volume_write(struct volume *volume, struct error *error);

/* The bytes from this sector on that are in one piece of memory, up to the end of a file or a
   directory: the rest of their last sector is 0. Size 0: the sector has zeros only. */
struct bytes volume_sector(const struct volume *volume, uint32_t lba);
