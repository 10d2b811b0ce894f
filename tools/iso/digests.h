// SPDX-License-Identifier: BSD-2-Clause
// Writes the record by which the loader verifies what it boots (stage2/record/record.h).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "loader/error.h"
#include "tools/check/check.h"

/* What --verify says. */
struct verification {
    bool is_off, is_required, has_sha256;
};

/* Reads the argument of --verify: sha256, crc, off, require, or two of them with a comma between
   them. False with a reason. */
bool verification_read(struct verification *verification, const char *argument,
                       struct error *error);

/* Bytes of a record of these files. */
size_t digests_bytes(const struct load_order *files);

/* Writes the record to a finished ISO, which must not change afterwards. Its file is there, and has
   the bytes above. */
bool digests_write(const char *iso_path, const struct load_order *files,
                   const struct verification *verification, struct error *error);
