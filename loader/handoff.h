// SPDX-License-Identifier: BSD-2-Clause
// The last step: what stands elsewhere is moved to its place, the machine put into the state that
// Multiboot 1 (3.2) specifies, the kernel entered.
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Called with all arguments on the stack, whatever the C files among themselves do. */
#define ASSEMBLY __attribute__((regparm(0)))

/* One move; source 0: zeros. Nothing that is a source or that runs is a target. */
struct handoff_move {
    uint32_t target;
    uint32_t source;
    uint32_t length; /* bytes */
};

/* Values of the registers at entry, and where to. */
struct handoff_entry {
    uint32_t entry; /* physical */
    uint32_t eax;
    uint32_t ebx;
    uint32_t move_count;
};
_Static_assert(sizeof(struct handoff_move) == 12, "handoff.asm knows this size");
_Static_assert(sizeof(struct handoff_entry) == 16, "handoff.asm knows these offsets");

/* Room that handoff_jump() needs for this many moves. */
ASSEMBLY size_t handoff_size(size_t move_count);

/* Writes the final code and its data to block, handoff_size() bytes that no move targets, and
   runs it there. */
ASSEMBLY _Noreturn void handoff_jump(void *block, const struct handoff_entry *entry,
                                     const struct handoff_move *moves);
