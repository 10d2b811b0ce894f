// SPDX-License-Identifier: BSD-2-Clause
// One boot as an HVM guest of Xen, from its dom0: through `xl create`, timed by what the guest
// writes to its serial port, which the device model logs in a file.
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include "loader/error.h"
#include "tools/bench/qemu.h"

/* Whether this is a dom0 with xl, and we may use it. */
bool xen_is_usable(struct error *error);

/* "Xen 4.17.5", or "Xen" when it does not say. */
void xen_version(char *version, size_t size);

/* The guest's config (xl.cfg(5)): the ISO as its CD, its serial port in the file. */
void xen_write_config(const char *name, unsigned memory_mib, const char *iso, const char *serial,
                      FILE *out);

/* Like qemu_time(); the wish has a marker. From `xl unpause` on. */
bool xen_time(const struct qemu_machine *machine, const struct boot_wish *wish,
              struct boot_result *result, struct error *error);
