// SPDX-License-Identifier: BSD-2-Clause
// See temporary.h.
#include "tools/lib/temporary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool temporary_parent(char path[PATH_MAX], struct error *error)
{
    const char *given = getenv("TMPDIR");
    given = given != NULL && given[0] != '\0' ? given : "/tmp";
    if (realpath(given, path) == NULL) {
        return fail(error, "%.100s (TMPDIR): %s", given, strerror(errno));
    }
    return strlen(path) < PATH_MAX - 2 * TEMPORARY_NAME_BYTES ||
           fail(error, "%.100s… (TMPDIR): the name is too long", path);
}

bool temporary_directory(const char *prefix, char path[PATH_MAX], struct error *error)
{
    char parent[PATH_MAX];
    if (!temporary_parent(parent, error)) {
        return false;
    }
    snprintf(path, PATH_MAX, "%.*s/%s-XXXXXX", PATH_MAX - 2 * TEMPORARY_NAME_BYTES, parent, prefix);
    return mkdtemp(path) != NULL ||
           fail(error, "%.100s: cannot make a directory there: %s", parent, strerror(errno));
}
