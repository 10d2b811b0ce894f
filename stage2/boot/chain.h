// SPDX-License-Identifier: BSD-2-Clause
// Carries out chainloader: starts a boot sector or an application of UEFI in our place. In the
// overlay (overlay.h).
#pragma once

#include "stage2/config/config.h"

/* Returns if it cannot be started, or has ended: the error says which. */
void chain_run(const struct config_boot *wanted, struct arena *arena, struct error *error);
