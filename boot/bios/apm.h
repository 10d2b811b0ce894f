// SPDX-License-Identifier: BSD-2-Clause
// Calls of the APM BIOS (APM 1.2, 4.6).
#pragma once

#include "boot/bios/bios.h"
#include "loader/information.h"

enum { APM_BIOS = 0 }; /* the device that is the APM BIOS itself */

/* INT 15h with AX, BX and CX; false: the carry flag says that it failed. */
bool apm(uint32_t function, uint32_t device, uint32_t argument, struct bios_registers *registers);

/* Connects to APM's 32-bit interface, for the kernel. apm_ask() fills in two calls; after they were
   made, apm_describe() makes the table of their results. False: there is no APM. */
void apm_ask(struct bios_registers *check, struct bios_registers *connection);
bool apm_describe(const struct bios_registers *check, struct bios_registers *connection,
                  struct apm_table *table);
