// SPDX-License-Identifier: BSD-2-Clause
// The tree that is measured: what its default entry boots, and copies of the tree that boot the
// probe kernel instead.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"
#include "stage2/config/config.h"

struct bench_tree {
    char directory[PATH_MAX]; /* absolute */
    struct config_boot boot;  /* the default entry */
    uint32_t entry;           /* its kernel's physical entry address */
};

/* Reads the config of a directory, and plans its default entry for a PC with 4 GiB. The result is
   never freed. */
bool bench_tree_read(const char *directory, struct bench_tree *tree, struct error *error);

/* Makes the scratch directory NAME, a copy of the tree that boots the probe kernel. The kernel gets
   one module of size_mib MiB of random bytes or, if that is 0, the modules of the tree's default
   entry; raw_dma tells it to measure raw DMA. The copy is then read into *tree. */
bool bench_tree_with_probe(const char *directory, const char *name, uint32_t size_mib, bool raw_dma,
                           struct bench_tree *tree, struct error *error);

/* Writes `set whelk_timing=1` and the tree's config to a scratch file. */
bool bench_tree_timing_config(const struct bench_tree *tree, char path[PATH_MAX],
                              struct error *error);
