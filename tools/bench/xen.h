// SPDX-License-Identifier: BSD-2-Clause
// One boot as a guest of Xen, started from dom0 with xl. It is timed by the guest's output: an HVM
// guest's on its serial port, which the device model writes to a file, a PVH guest's on its
// console.
#pragma once

#include <stdbool.h>
#include "loader/error.h"
#include "tools/bench/qemu.h"

/* Checks that this is a dom0 with xl, and that we may use it. */
bool xen_is_usable(struct error *error);

/* "Xen 4.17.5", or "Xen" when it does not say. */
void xen_version(char *version, size_t size);

/* Boots once, like qemu_time(), and measures the time of `xl create` and from `xl unpause` on. The
   request must have a marker. FIRMWARE_ROM: an HVM guest with the machine's image in hvmloader's
   place. */
bool xen_time(const struct qemu_machine *machine, const struct boot_request *request,
              struct boot_result *result, struct error *error);
