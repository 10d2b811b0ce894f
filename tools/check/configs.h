// SPDX-License-Identifier: BSD-2-Clause
// Checks what each entry of a config would boot on a pretended PC, with the loader's own code:
// where the pieces would be in memory, and what is wrong. Further configs that entries lead to are
// checked as well.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "stage2/config/config.h"
#include "stage2/plan/plan.h"
#include "tools/lib/pretend_pc.h"
#include "tools/tree/tree.h"

/* Where a piece of a boot would be in memory. */
struct checked_piece {
    uint32_t start;
    uint64_t end;
    const char *name; /* "segment 0" */
    const char *path; /* of a module; else NULL */
};

struct checked_entry {
    struct config_boot boot;
    const char *missing; /* a warning: a module that is left out; NULL: none */
    const char *reason;  /* why it would not boot; NULL: it would, or does something else */
    /* Valid if there are pieces: */
    enum config_protocol protocol; /* by which the kernel is started */
    uint32_t address;              /* where it is entered */
    struct video_request video;
    struct checked_piece *pieces; /* sorted by address; none if nothing would be placed */
    size_t piece_count;
    const char *kept; /* the modes that gfxpayload=keep means, or "" for text */
};

/* A config and its checked entries. */
struct checked {
    struct checked *next;
    const char *path; /* in the tree; without a tree, on the disk */
    const char *name; /* in messages */
    struct config config;
    struct checked_entry *entries; /* one for each of the config's */
    size_t first;                  /* the default entry */
    const char *graphics;          /* the terminal's modes before an entry is started */
    bool is_legacy;                /* GRUB Legacy's, though its name is another one */
    const struct config *outer;    /* the config that leads to it; NULL: none */
    const struct config_scope *outer_scope;
    bool is_started; /* if nobody chooses another entry than the defaults */
};

/* A file that a config reads while it runs: by source, load_env, … */
struct read_text {
    const char *path;
    struct read_text *next;
};

/* What starts the loader. */
enum check_firmware { CHECK_BIOS, CHECK_UEFI_64, CHECK_UEFI_32, CHECK_FIRMWARES };

/* What a config is checked for. */
struct check_machine {
    enum check_firmware firmware;
    uint32_t mib;
    const char *label, *uuid; /* the ISO's; NULL: not known */
    bool warns_of_missing;    /* modules that GRUB boots without are warnings, not reasons */
};

struct check {
    const struct tree *tree; /* NULL: files that a config names are not looked up */
    struct check_machine machine;
    bool asks_firmware; /* a text that was read has grub_platform or grub_cpu */
    struct pretend_memory memory;
    struct arena arena, plan_arena;
    struct checked *configs, **end;      /* a list: grub.cfg, then those that its entries lead to */
    struct read_text *texts;             /* the last one first; some may be there twice */
    size_t failed;                       /* entries that would not boot */
    const struct checked_entry *started; /* what boots if nobody chooses; NULL: not all is read */
};

/* Checks the tree's config, and those that it leads to. False: a config cannot be read. Call
   check_end() in any case. */
bool check_configs(struct check *check, const struct tree *tree,
                   const struct check_machine *machine, struct error *error);

/* Checks one config, a file on the disk, without the files that it names. False: it cannot be read.
   Call check_end() in any case. */
bool check_config(struct check *check, const char *path, const struct check_machine *machine,
                  struct error *error);

/* Whether both lead to the same entries, and these to the same boots. */
bool check_is_same(const struct check *left, const struct check *right);

/* Lists a plan's pieces, sorted by address, in the arena. False: it is full. */
bool check_pieces(struct plan *plan, const struct config_boot *boot, struct arena *arena,
                  struct checked_piece **pieces);

/* False with a reason: the kernel of a plan, which is fine by BIOS, says that it is not for 64-bit
   UEFI, where the ISO boots as well. */
bool check_uefi(const struct plan *plan, struct arena *arena, struct error *error);

void check_end(struct check *check);
