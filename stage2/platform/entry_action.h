// SPDX-License-Identifier: BSD-2-Clause
// Runs an entry that boots no kernel: reboot, halt, … In the overlay (overlay.h).
#pragma once

#include "loader/error.h"
#include "stage2/config/config.h"

/* Returns only if the firmware cannot do it: false with a reason. */
bool entry_action_run(enum config_action action, struct error *error);
