// SPDX-License-Identifier: BSD-2-Clause
// Lists the directories of a tree (tree.h).
#pragma once

#include <stdbool.h>
#include "loader/arena.h"
#include "loader/error.h"
#include "stage2/fs/name.h"
#include "tools/tree/tree.h"

/* Lists the names in a directory, in any order. */
bool tree_list(const struct tree *tree, const char *path, struct arena *arena,
               struct listed_name **names, struct error *error);
