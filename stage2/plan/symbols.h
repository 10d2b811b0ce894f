// SPDX-License-Identifier: BSD-2-Clause
// The symbols of an a.out kernel, for Multiboot 1 (0.6.96, 3.3, flag 4): in the overlay
// (overlay.h).
#pragma once

#include "stage2/plan/plan.h"

/* Places the symbols of the plan's kernel as Multiboot 1 describes them, if they are there: behind
   a word with the table's size. To be called last. */
bool symbols_place(struct plan *plan, struct arena *arena, struct error *error);

/* The same for plan.c. Two implementations, as of multiboot2_functions(). */
bool symbols_plan(struct plan *plan, struct arena *arena, struct error *error);
