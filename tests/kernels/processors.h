// SPDX-License-Identifier: BSD-2-Clause
// Further processors: the firmware's tables of them, and starting them as HermitCore does.
#pragma once

#include <stdint.h>

/* Starts the processor with local APIC id 1 at 0x8000 (which is overwritten); returns how many
   counted themselves in. */
uint32_t processors_start(void);

/* Prints where the MP floating pointer is, whether it and its table are whole, and the processors
   that the table lists. */
void report_processor_tables(void);
