// SPDX-License-Identifier: BSD-2-Clause
// See disc/irq_wait.h.
#include "stage2/disc/irq_wait.h"

#include "stage2/disc/pc/pc.h"
#include "stage2/firmware.h"

enum { MOST_MILLISECONDS = 4000 };

static bool was_lost;

bool irq_wait_needs_interrupts(void)
{
    return true;
}

bool irq_wait_goes_on(struct irq_wait *wait)
{
    uint64_t now = firmware_milliseconds();
    if (wait->until == 0) {
        wait->until = now + MOST_MILLISECONDS;
    }
    bool lasts = now <= wait->until;
    was_lost |= !lasts;
    wait->came |= lasts && pc_wait_irq(wait->line);
    return lasts;
}

void irq_wait_end(struct irq_wait *wait)
{
    if (!wait->came) {
        wait->came = pc_wait_irq(wait->line);
    }
}

bool irq_wait_timed_out(void)
{
    return was_lost;
}
