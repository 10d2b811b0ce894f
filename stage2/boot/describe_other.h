// SPDX-License-Identifier: BSD-2-Clause
// What a kernel gets by the protocols that few kernels use: Multiboot 2, Linux.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"
#include "loader/information.h"
#include "stage2/plan/plan.h"

/* Asks the firmware for what only this protocol tells, and writes the information to the zeroed
   buffer. The kernel will find it at this physical address. A Linux kernel that is a UEFI
   application is started here. False with a reason: it did not start, or cannot on this machine. */
bool describe_other(const struct plan *plan, struct boot_information *information, uint8_t *buffer,
                    uint32_t address, struct error *error);
