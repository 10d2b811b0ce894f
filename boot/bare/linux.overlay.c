// SPDX-License-Identifier: BSD-2-Clause
// What Linux lacks without a firmware.
#include "stage2/firmware.h"

bool firmware_calls_bios(void)
{
    return false;
}

bool firmware_start_linux(const struct plan *plan, uint8_t *information, struct error *error)
{
    (void)plan;
    (void)information;
    return fail(error, "there is no firmware to start a UEFI application");
}
