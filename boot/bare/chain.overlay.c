// SPDX-License-Identifier: BSD-2-Clause
// Programs of a firmware cannot run without one. See firmware.h.
#include "stage2/firmware.h"

void firmware_chain(const struct firmware_chain *chain, struct error *error)
{
    (void)chain;
    fail(error, "needs a firmware, and this machine has none");
}
