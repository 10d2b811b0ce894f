// SPDX-License-Identifier: BSD-2-Clause
// The ACPI tables of the machine: the hypervisor's, or those that we have installed.
#pragma once

#include <stdbool.h>
#include "loader/bytes.h"

enum { FADT_FLAGS = 112 }; /* offset in the table that bare_fadt() finds */

/* The Fixed ACPI Description Table (ACPI 6.x, 5.2.9); size 0: there is none, or it is damaged. */
struct bytes bare_fadt(void);

/* Whether this table says that the PC's power management and interrupt controllers are not used
   (hardware-reduced ACPI, 4.1). */
bool bare_hardware_is_reduced(struct bytes fadt);
