// SPDX-License-Identifier: BSD-2-Clause
// The symbols of an a.out kernel, for Multiboot 1 (0.6.96, 3.3, flag 4). plan.c calls it through
// overlay.h.
#pragma once

#include "stage2/plan/plan.h"

/* Places the symbols of the plan's kernel, if there are any, as Multiboot 1 describes them: a word
   with the table's size, the table, the strings. Call when all other pieces have their places.
   False with a reason. */
bool symbols_place(struct plan *plan, struct arena *arena, struct error *error);
