// SPDX-License-Identifier: BSD-2-Clause
// ACPI's root pointer (6.x, 5.2.5).
#pragma once

#include "loader/bytes.h"

enum {
    ACPI_RSDP_OLD_BYTES = 20, /* ACPI 1.0, and the first part of the later one */
    ACPI_RSDP_BYTES = 36,     /* from ACPI 2.0 on */
};

/* Finds the root pointer in a piece of memory whose address is a multiple of 16. The result has one
   of the two sizes above, or size 0 if there is none. */
struct bytes acpi_find_rsdp(struct bytes memory);
