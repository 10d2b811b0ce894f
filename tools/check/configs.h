// SPDX-License-Identifier: BSD-2-Clause
// What each entry of a config would boot, by the loader's own code, on a pretended PC: the configs
// as they lead to each other, their entries, where everything would stand, and what is wrong.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "stage2/config/config.h"
#include "stage2/plan/plan.h"
#include "tools/lib/pretend_pc.h"
#include "tools/tree/tree.h"

/* Where a piece of a boot would stand in memory. */
struct checked_piece {
    uint32_t start;
    uint64_t end;
    const char *name; /* "segment 0" */
    const char *path; /* of a module; else NULL */
};

struct checked_entry {
    struct config_boot boot;
    const char *reason;         /* why it would not boot; NULL: it would, or does something else */
    uint32_t address;           /* that the kernel is entered at */
    struct video_request video; /* what is known of it if there are pieces */
    struct checked_piece *pieces; /* by address; none where nothing would be placed */
    size_t piece_count;
    const char *kept; /* by gfxpayload's `keep`: modes, or "" for text */
};

/* A config, and what it reads and boots. */
struct checked {
    struct checked *next;
    const char *path; /* in the tree, or of the one file */
    const char *name; /* in messages */
    struct config config;
    struct checked_entry *entries; /* one for each of the config's */
    size_t first;                  /* the default entry */
};

struct check {
    const struct tree *tree; /* NULL: what a config names is not looked for */
    uint32_t mib;
    struct pretend_memory memory;
    struct arena arena, plan_arena;
    struct checked *configs, **end; /* the first is grub.cfg, further ones take its place */
    size_t bootable;                /* entries that boot a kernel */
    size_t wrong;                   /* entries that would not, by a mistake … */
    size_t refused;                 /* … or since they are for something else than Multiboot */
};

/* Checks the tree's config, and those that it leads to, on a PC with so much memory. False: a
   config cannot be read. check_end() in any case. */
bool check_configs(struct check *check, const struct tree *tree, uint32_t mib, struct error *error);

/* The same for one config, a file that need not be in any tree. */
bool check_config(struct check *check, const char *path, struct error *error);

/* A plan's pieces, by address, their names in the arena; false: it is full. */
bool check_pieces(struct plan *plan, const struct config_boot *boot, struct arena *arena,
                  struct checked_piece **pieces);

void check_end(struct check *check);
