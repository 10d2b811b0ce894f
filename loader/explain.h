// SPDX-License-Identifier: BSD-2-Clause
// Why a file is no kernel that can be booted, in words that say what to change.
#pragma once

#include <stdbool.h>
#include "loader/bytes.h"
#include "loader/error.h"

enum { EXPLAIN_BYTES = 64 << 20 }; /* as much of a file as is worth looking at */

/* After a kernel was refused by Multiboot, with this error: may give a better reason, or add to it.
   `file` is the file or its first bytes, the more of them the better; is_2: it was to boot by
   Multiboot 2. */
void explain_kernel(struct bytes file, bool is_2, struct error *error);

/* The same for a kernel that was to boot by PVH. */
void explain_pvh(struct bytes file, struct error *error);
