// SPDX-License-Identifier: BSD-2-Clause
// Compares the files of an ISO with its record (stage2/record/record.h), as the loader will.
#pragma once

#include <stdbool.h>
#include "loader/error.h"
#include "tools/tree/iso.h"

/* False, with path and reason, if a file is damaged, or if a changed one must not be booted. Says
   which files were changed otherwise. An ISO without a record is passed over. */
bool digests_agree(const struct iso *iso, struct error *error);
