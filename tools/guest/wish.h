// SPDX-License-Identifier: BSD-2-Clause
// Changes a tree's config so that another entry boots, or its kernel gets more arguments.
#pragma once

#include <stdbool.h>
#include "loader/error.h"
#include "tools/guest/source.h"

/* Writes the changed config of a tree to a new file. The loader's own code has read it: what it
   would boot is what was wished for. */
bool wish_write_config(const char *tree_path, const struct source_wish *wish, const char *path,
                       struct error *error);
