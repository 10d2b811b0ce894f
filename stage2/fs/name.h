// SPDX-License-Identifier: BSD-2-Clause
// Lists of names: of a directory's files, or of commands.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct listed_name {
    const char *text;
    struct listed_name *next;
    uint64_t size; /* bytes, of a file */
    bool is_directory;
};
