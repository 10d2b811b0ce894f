// SPDX-License-Identifier: BSD-2-Clause
// The last step of a boot: moves what was loaded elsewhere to its place, puts the machine into the
// state that Multiboot 1 (3.2), Multiboot 2 (3.3) and PVH specify, and enters the kernel.
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Functions in assembly take all arguments on the stack; those in C use registers, too. */
#define ASSEMBLY __attribute__((regparm(0)))

/* One move. source 0 fills the target with zeros. No target overlaps a source or running code. */
struct handoff_move {
    uint32_t target;
    uint32_t source;
    uint32_t length; /* bytes */
};

/* Where the kernel is entered, and its registers there. */
struct handoff_entry {
    uint32_t entry; /* physical */
    uint32_t eax;
    uint32_t ebx;
    uint32_t move_count;
};
_Static_assert(sizeof(struct handoff_move) == 12, "handoff.asm knows this size");
_Static_assert(sizeof(struct handoff_entry) == 16, "handoff.asm knows these offsets");

/* Bytes of the block that handoff_jump() needs for this many moves. */
ASSEMBLY size_t handoff_size(size_t move_count);

/* Writes the final code and its data to block, handoff_size() bytes that no move targets, and
   runs it there. */
ASSEMBLY _Noreturn void handoff_jump(void *block, const struct handoff_entry *entry,
                                     const struct handoff_move *moves);
