// SPDX-License-Identifier: BSD-2-Clause
// The boot information of Multiboot 2, with what only that protocol has: SMBIOS, ACPI's RSDP.
#pragma once

#include <stdint.h>
#include "loader/information.h"

/* Asks the firmware for SMBIOS and RSDP, and writes the information to the zeroed buffer. The
   kernel will find it at this physical address. */
void describe_multiboot2(struct boot_information *information, uint8_t *buffer, uint32_t address);
