// SPDX-License-Identifier: BSD-2-Clause
// Makes the ISOs that are compared: of one tree, with Whelk, GRUB and isolinux; and the ISOs by
// which the firmware's share is measured.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "loader/error.h"
#include "tools/bench/qemu.h"
#include "tools/bench/tree.h"

struct iso_maker {
    const char *name, *label; /* for machines, for people */
    unsigned firmware;        /* that boots its ISO: one or more of enum firmware */
    const char *packages;     /* Debian's packages that contain it */
    bool (*is_installed)(const struct iso_maker *maker);
    bool (*make)(const struct iso_maker *maker, const struct bench_tree *tree, const char *path,
                 struct error *error);
    const char *platform; /* GRUB's; NULL: all that are installed */
};

/* The first is Whelk's. */
extern const struct iso_maker iso_makers[];
extern const size_t iso_maker_count;

/* Makes Whelk's ISO of a tree, with this config (NULL: the tree's). */
bool iso_make_with_config(const struct bench_tree *tree, const char *config, const char *path,
                          struct error *error);

/* Makes the ISO, also a disk, from which UEFI starts another disc's loader. */
bool iso_make_starter(const char *path, struct error *error);

/* Makes the ISO, also a disk, that boots a program that does nothing. */
bool iso_make_nothing(const char *path, struct error *error);
