// SPDX-License-Identifier: BSD-2-Clause
// Says what a kernel overwrites of the firmware's memory.
#pragma once

#include "stage2/plan/plan.h"

/* Writes a line to the console for each piece that lies on memory which the firmware keeps:
   fixed_map (placement.h) permits it. */
void tell_overwritten(const struct plan *plan);
