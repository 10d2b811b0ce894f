// SPDX-License-Identifier: BSD-2-Clause
// The ISOs that are compared: one tree with Whelk, GRUB, isolinux; and one with nothing in it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "loader/error.h"
#include "tools/bench/qemu.h"
#include "tools/bench/tree.h"

struct iso_maker {
    const char *name, *label; /* for machines and people */
    unsigned firmware;        /* that its ISO boots with: of enum firmware, one or more */
    const char *packages;     /* Debian's, which bring it */
    bool (*is_installed)(const struct iso_maker *maker);
    bool (*make)(const struct iso_maker *maker, const struct bench_tree *tree, const char *path,
                 struct error *error);
    const char *platform; /* GRUB's; NULL: all that are installed */
};

/* Whelk first. */
extern const struct iso_maker iso_makers[];
extern const size_t iso_maker_count;

/* Whelk's ISO, its config the file that is given. */
bool iso_make_with_config(const struct bench_tree *tree, const char *config, const char *path,
                          struct error *error);

/* The ISO, and disk, by which UEFI starts the loader of another one. */
bool iso_make_starter(const char *path, struct error *error);

/* The ISO, and disk, on whose boot nothing follows the firmware. */
bool iso_make_nothing(const char *path, struct error *error);
