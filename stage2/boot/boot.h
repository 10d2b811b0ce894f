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
    const struct piece *under_way; /* may still be read when boot_load() returns */
};

/* The plan of a block from the tool, if it has one for this machine: its pieces are in nobody's
   way, nor is the information (linker/bios.ld). */
bool boot_use_prepared(struct boot *boot, union prepared_block *block, const struct memory_map *map,
                       struct arena *arena);

/* Decides where each piece waits until the jump; after the plan, before the first byte moves. */
bool boot_resolve_conflicts(struct boot *boot, struct arena *arena, struct error *error);

/* Reads every piece from its source. The end of one may be under way when this returns. */
bool boot_load(struct boot *boot, struct error *error);

/* Waits for that, sets the video mode that the kernel asks for, if any, takes leave of the firmware
   and writes the boot information. */
bool boot_describe(const struct boot *boot, struct error *error);

/* To the kernel. */
_Noreturn void boot_hand_off(const struct boot *boot);
