// SPDX-License-Identifier: BSD-2-Clause
// See multiboot2_functions.h, symbols.h: for programs that need nothing loaded.
#include "stage2/plan/multiboot2_functions.h"
#include "stage2/plan/symbols.h"

bool symbols_plan(struct plan *plan, struct arena *arena, struct error *error)
{
    return symbols_place(plan, arena, error);
}

const struct multiboot2_functions *multiboot2_functions(struct error *error)
{
    (void)error;
    return &multiboot2_table;
}
