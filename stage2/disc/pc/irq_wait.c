// SPDX-License-Identifier: BSD-2-Clause
// See disc/irq_wait.h.
#include "stage2/disc/irq_wait.h"

#include "stage2/disc/patience.h"
#include "stage2/disc/pc/pc.h"
#include "stage2/firmware.h"

enum { MOST_MILLISECONDS = 6000, SHORT_MILLISECONDS = 1000 };

static bool was_lost;

/* In milliseconds; not 0, which stands for a wait that has not begun. */
static uint64_t milliseconds_now(void)
{
    return firmware_milliseconds() + 1;
}

bool irq_wait_needs_interrupts(void)
{
    return true;
}

__attribute__((noinline, cold)) static bool give_up(const struct irq_wait *wait)
{
    if (!wait->is_short) {
        was_lost = true;
        patience_over(irq_wait_lasted(wait));
    }
    return false;
}

bool irq_wait_goes_on(struct irq_wait *wait)
{
    uint64_t now = milliseconds_now();
    if (wait->until == 0) {
        wait->start = wait->start != 0 ? wait->start : now;
        wait->until = now + (wait->is_short ? SHORT_MILLISECONDS : MOST_MILLISECONDS);
    }
    if (now > wait->until) {
        return give_up(wait);
    }
    patience_show();
    wait->came |= pc_wait_irq(wait->line);
    return true;
}

uint32_t irq_wait_lasted(const struct irq_wait *wait)
{
    return wait->start == 0 ? 0 : (uint32_t)(milliseconds_now() - wait->start);
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
