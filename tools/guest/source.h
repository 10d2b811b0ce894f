// SPDX-License-Identifier: BSD-2-Clause
// What the user gives `whelk run` to boot: a tree, an ISO, or a kernel; and an ISO of it.
#pragma once

#include <stdbool.h>
#include "loader/error.h"
#include "stage2/config/config.h"
#include "tools/check/configs.h"

enum source_kind { SOURCE_TREE, SOURCE_ISO, SOURCE_KERNEL };

struct source {
    enum source_kind kind;
    const char *path;
    enum config_protocol protocol; /* of a kernel */
};

/* Finds out what a path names. False: it is nothing that can be booted, or an ISO that is cut. */
bool source_find(const char *path, struct source *source, struct error *error);

/* What the config of the ISO is to boot, other than the tree's own config says. */
struct source_wish {
    const char *entry, *append; /* NULL: the default entry; nothing is added to the arguments */
    enum check_firmware firmware;
};

/* Whether a tree's or an ISO's config has a menu that waits for a key, however long. */
bool source_menu_waits(const struct source *source, enum check_firmware firmware);

/* Opens the ISO, or makes one of the tree or kernel in a temporary directory, of which nothing is
   left. An ISO has no wish. Returns a descriptor that QEMU inherits; -1: failed. */
int source_open(const struct source *source, const struct source_wish *wish, struct error *error);
