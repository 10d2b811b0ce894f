// SPDX-License-Identifier: BSD-2-Clause
// Loads a boot over the disc that it comes from, if that is in memory and there is no room for
// both.
#pragma once

#include <stdbool.h>
#include "stage2/plan/plan.h"

/* Prepares the pieces to be copied to their places over each other's bytes on the disc: sets
   pending_at and clobbers_pending (placement_mark_clobbers()). False: the disc is not in memory, or
   a piece is in several places on it. */
bool over_disc_mark_pending(struct plan *plan);
