// SPDX-License-Identifier: BSD-2-Clause
// Says what a kernel file is, and where it and its modules would be in memory.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stage2/config/config.h"

/* Shows a kernel, the first name, with its modules, the others. True if it would boot by at least
   one of the protocols on a machine with this many MiB of memory. */
bool check_kernel(char **names, size_t count, uint32_t mib);

/* Answers grub-file's question: true if the file has a header, or a PVH entry, for this protocol.
 */
bool check_is_kernel(char *name, enum config_protocol protocol);
