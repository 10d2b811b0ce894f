// SPDX-License-Identifier: BSD-2-Clause
// The boot tree of a PC without UEFI is always an ISO 9660 disc's.
#include "stage2/firmware.h"

const char *firmware_root_volume(const struct arena *arena)
{
    (void)arena;
    return NULL;
}
