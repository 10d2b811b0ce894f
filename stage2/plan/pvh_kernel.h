// SPDX-License-Identifier: BSD-2-Clause
// Reads a kernel that is entered as PVH says (loader/pvh.h). plan.c calls it through overlay.h.
#pragma once

#include "stage2/plan/plan.h"

/* Reads the ELF header, the segments and the notes of the plan's kernel into plan->headers. The
   entry is that of PVH. The notes are those of segments or, as in Xen, of sections if no segment
   has the note. What it has viewed (plan_view()) is freed by the caller. False with a reason. */
bool pvh_kernel_read(struct plan *plan, struct arena *arena, struct error *error);

/* The same for a kernel that Multiboot could not boot. Changes the plan's protocol. False: the
   kernel has no PVH entry, or has a Multiboot header of whatever version. */
bool pvh_kernel_read_instead(struct plan *plan, struct arena *arena);
