// SPDX-License-Identifier: BSD-2-Clause
// Calls of the APM BIOS (APM 1.2, 4.6).
#pragma once

#include "boot/bios/bios.h"

enum { APM_BIOS = 0 }; /* a device */

/* INT 15h with AX, BX and CX; false: the carry flag says that it failed. */
bool apm(uint32_t function, uint32_t device, uint32_t argument, struct bios_registers *registers);
