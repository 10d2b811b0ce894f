// SPDX-License-Identifier: BSD-2-Clause
// The tree that is measured: what its default entry boots, and copies of it that boot the probe
// kernel instead.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"
#include "stage2/config/config.h"

struct bench_tree {
    char directory[PATH_MAX]; /* absolute */
    struct config_boot boot;  /* the default entry */
    uint32_t entry;           /* of its kernel, physical */
};

/* Reads the config of a directory and plans its default entry on a machine with 4 GiB. What it
   finds stays in use until the program ends. */
bool bench_tree_read(const char *directory, struct bench_tree *tree, struct error *error);

/* Makes the scratch directory NAME: a copy of the tree whose config boots the probe kernel, told to
   measure raw DMA if asked, with one module of size_mib MiB of random bytes; with size_mib 0, with
   the modules of the tree's default entry. tree gets what is there then. */
bool bench_tree_with_probe(const char *directory, const char *name, uint32_t size_mib, bool raw_dma,
                           struct bench_tree *tree, struct error *error);

/* Writes the tree's config to a scratch file, with `set whelk_timing=1` in front. */
bool bench_tree_timing_config(const struct bench_tree *tree, char path[PATH_MAX],
                              struct error *error);
