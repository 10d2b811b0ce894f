// SPDX-License-Identifier: BSD-2-Clause
// The last three steps of a boot: load, describe, hand off.
#pragma once

#include <stdbool.h>
#include "loader/arena.h"
#include "loader/error.h"
#include "stage2/plan/plan.h"
#include "stage2/prepared/prepared.h"

enum { BOOT_HANDOFF_LOWEST = 0x1000 }; /* where GRUB leaves its descriptors, too */

/* A plan whose pieces stand where they can be loaded, and what the jump needs. */
struct boot {
    struct plan plan;
    struct handoff_move *moves;
    uint32_t move_count;
    void *handoff_block;
    const struct piece *last; /* that may be under way when boot_load() returns, or NULL */
};

/* All that comes before the jump, for a block that has a plan for this memory: in few steps, as
   with most boots that is all that happens. boot_prepared.c. False: it has none, or it did not
   work; then nothing else has changed. */
bool boot_prepared(struct boot *boot, union prepared_block *block, const struct memory_map *map);

/* Decides where each piece waits until the jump; after the plan, before the first byte moves. */
bool boot_resolve_conflicts(struct boot *boot, struct arena *arena, struct error *error);

/* Reads every piece from its source, but for the end of the last one. */
bool boot_load(struct boot *boot, struct error *error);

/* Waits for that, sets the video mode that the kernel asks for, if any, takes leave of the firmware
   and writes the boot information. */
bool boot_describe(const struct boot *boot, struct error *error);

/* To the kernel. */
_Noreturn void boot_hand_off(const struct boot *boot);
