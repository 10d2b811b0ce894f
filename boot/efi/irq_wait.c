// SPDX-License-Identifier: BSD-2-Clause
// Waits for a device by polling (stage2/disc/irq_wait.h), as the firmware owns the interrupts. The
// time stamp counter is the clock: it takes no call.
#include "stage2/disc/irq_wait.h"

#include "stage2/disc/patience.h"
#include "stage2/timing/timeline.h"

enum {
    LEAST_PAUSE = 1 << 17, /* ticks of the counter: some 50 microseconds */
    PART_PAUSED = 16,      /* a pause is this part of the wait so far, and LEAST_PAUSE */
};
#define MOST_TICKS  (1ull << 34) /* four seconds at 4 GHz, eight at 2 GHz */
#define SHORT_TICKS (1ull << 32)
#define LONG_TICKS  (1ull << 31) /* from here on the user may have to be told */
enum { MILLISECOND_SHIFT = 21 }; /* ticks of the counter in a millisecond: 2^21 at 2 GHz */

static bool was_lost;

bool irq_wait_needs_interrupts(void)
{
    return false;
}

/* Pauses longer the longer the wait has lasted. That makes few polls, each of which is an exit to
   the hypervisor, and loses little time. The loop has no PAUSE instruction: at each, QEMU's
   emulation of the processor takes the lock that its devices need. */
bool irq_wait_goes_on(struct irq_wait *wait)
{
    uint64_t now = timeline_now();
    if (wait->until == 0) {
        wait->start = wait->start != 0 ? wait->start : now;
        wait->until = now + (wait->is_short ? SHORT_TICKS : MOST_TICKS);
    }
    if (now > wait->until && !wait->is_short) {
        was_lost = true;
        patience_over(irq_wait_lasted(wait));
    }
    if (now > wait->until) {
        return false;
    }
    uint64_t passed = now - wait->start;
    if (passed > LONG_TICKS) {
        patience_show();
        passed = LONG_TICKS;
    }
    uint64_t next = now + passed / PART_PAUSED + LEAST_PAUSE;
    while (timeline_now() < next) {
    }
    return true;
}

uint32_t irq_wait_lasted(const struct irq_wait *wait)
{
    return wait->start == 0 ? 0 : (uint32_t)((timeline_now() - wait->start) >> MILLISECOND_SHIFT);
}

bool irq_wait_timed_out(void)
{
    return was_lost;
}
