// SPDX-License-Identifier: BSD-2-Clause
// Where temporary files go: TMPDIR, or else /tmp.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include "loader/error.h"

enum { TEMPORARY_NAME_BYTES = 64 }; /* room that is left in a path for a name and its slash */

/* Finds the directory for temporary files. Its path is absolute and free of symbolic links. */
bool temporary_parent(char path[PATH_MAX], struct error *error);

/* Makes a directory there, called PREFIX-XXXXXX with other characters for the X's. */
bool temporary_directory(const char *prefix, char path[PATH_MAX], struct error *error);
