// SPDX-License-Identifier: BSD-2-Clause
// For tests of drivers: commands are as long as the driver may make them, and waits take no time.
#pragma once

#include "stage2/disc/irq_wait.h"
#include "stage2/disc/pace.h"

uint32_t irq_wait_lasted(const struct irq_wait *wait)
{
    (void)wait;
    return 0;
}

uint32_t pace_most(uint32_t drivers_most)
{
    return drivers_most;
}

void pace_note(uint32_t bytes, uint32_t milliseconds)
{
    (void)bytes, (void)milliseconds;
}
