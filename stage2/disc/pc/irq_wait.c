// SPDX-License-Identifier: BSD-2-Clause
// See disc/irq_wait.h.
#include "stage2/disc/irq_wait.h"

#include "stage2/disc/pc/pc.h"
#include "stage2/firmware.h"
#include "stage2/timing/timeline.h"

enum { MOST_MILLISECONDS = 4000 };
#define MOST_TICKS (1ull << 34) /* four seconds at 4 GHz, eight at 2 GHz */

static bool was_lost;

bool irq_wait_needs_interrupts(void)
{
    return true;
}

/* Without interrupts the firmware's clock stands still, so the time stamp counter is the limit. A
   processor without one does not wait. */
static bool may_poll(struct irq_wait *wait)
{
    uint64_t now = timeline.stamps[TIMELINE_HANDOFF] != 0 ? timeline_now() : UINT64_MAX;
    if (wait->until == 0) {
        wait->until = now + MOST_TICKS;
    }
    bool lasts = now <= wait->until;
    was_lost |= !lasts;
    return lasts;
}

bool irq_wait_goes_on(struct irq_wait *wait)
{
    if (wait->line == 0) {
        return may_poll(wait);
    }
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
