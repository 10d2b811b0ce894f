// SPDX-License-Identifier: BSD-2-Clause
// The boot information of Multiboot 2, with what only that protocol has.
#pragma once

#include <stdint.h>
#include "loader/information.h"

/* Asks the firmware for the rest and writes the information to the zeroed buffer, from where it
   will have been moved to address when the kernel starts. */
void describe_multiboot2(struct boot_information *information, uint8_t *buffer, uint32_t address);
