// SPDX-License-Identifier: BSD-2-Clause
// The volume descriptors of a finished ISO (ECMA-119, 8.1 to 8.5).
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "loader/error.h"

/* Gets a volume descriptor and its offset in the ISO. */
typedef bool volume_visitor(int iso, uint64_t offset, const uint8_t *descriptor,
                            const void *context, struct error *error);

/* Shows a visitor all primary and supplementary descriptors, ISO 9660's and Joliet's. Stops with
   false if the visitor returns false. */
bool volumes_visit(int iso, volume_visitor *visit, const void *context, struct error *error);
