// SPDX-License-Identifier: BSD-2-Clause
// What an entry does that boots no kernel: in the overlay (overlay.h).
#pragma once

#include "loader/error.h"
#include "stage2/config/config.h"

/* Does not return, but where the firmware cannot do it: false with a reason. */
bool entry_action_run(enum config_action action, struct error *error);
