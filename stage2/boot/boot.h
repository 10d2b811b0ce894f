// SPDX-License-Identifier: BSD-2-Clause
// The steps of a boot after its plan: load, describe, hand off.
#pragma once

#include <stdbool.h>
#include "loader/arena.h"
#include "loader/error.h"
#include "stage2/plan/plan.h"
#include "stage2/prepared/prepared.h"

enum { BOOT_HANDOFF_LOWEST = 0x1000 }; /* GRUB leaves its descriptors there, too */

/* A plan whose pieces have load addresses, and what the jump needs. */
struct boot {
    struct plan plan;
    struct handoff_move *moves;
    uint32_t move_count;
    void *handoff_block;
    bool cannot_go_back; /* once it fails: what the menu needs is overwritten or given back */
    const struct piece *under_way; /* may still be read when boot_load() returns */
    bool is_verified;              /* all files are, before they are loaded */
    /* The sum of what was read of each piece; NULL: nothing is verified. */
    struct sum *sums;
    const struct piece *summed; /* the first one that is not added up, and how much of it is */
    uint32_t summed_bytes;
    uint8_t *verify_buffer;                       /* verify.h */
    const struct prepared_piece *prepared_pieces; /* that have the sums to compare; or NULL */
};

/* Takes the plan from a prepared block, which must stay in memory. All is loaded to its final
   address: the pieces are above 1 MiB, and linker/bios.ld keeps the places of the information and
   the hand-off block free. False: as for prepared_plan(), or the disc itself is in that memory. */
bool boot_use_prepared(struct boot *boot, union prepared_block *block, const struct memory_map *map,
                       struct arena *arena);

/* Gives a temporary load address to each piece whose final place is in use, and lists the moves
   before the jump. Call between plan_boot() and boot_load(). False with a reason. */
bool boot_resolve_conflicts(struct boot *boot, struct arena *arena, struct error *error);

/* Has the pieces added up while they are read, so that boot_describe() verifies them by the ISO's
   record. Does nothing if that is off. False with a reason: there is too little memory. */
bool boot_prepare_to_verify(struct boot *boot, struct arena *arena, struct error *error);

/* Reads every piece to its load address. The end of one may still be under way on return. False
   with a reason. */
bool boot_load(struct boot *boot, struct error *error);

/* Waits for the piece under way, verifies all files, sets the video mode that the kernel asks for,
   ends the firmware's services, and writes the boot information. False with a reason. */
bool boot_describe(struct boot *boot, struct error *error);

/* Moves the pieces that have temporary addresses, and jumps to the kernel. */
_Noreturn void boot_hand_off(const struct boot *boot);
