// SPDX-License-Identifier: BSD-2-Clause
// What a BIOS has for Linux.
#include "stage2/firmware.h"

bool firmware_calls_bios(void)
{
    return true;
}

bool firmware_start_linux(const struct plan *plan, uint8_t *information, struct error *error)
{
    (void)plan;
    (void)information;
    return fail(error, "a BIOS starts no UEFI application");
}
