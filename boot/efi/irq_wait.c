// SPDX-License-Identifier: BSD-2-Clause
// Waits for a device by polling (stage2/disc/irq_wait.h), as the firmware owns the interrupts. The
// time stamp counter is the clock: it takes no call.
#include "stage2/disc/irq_wait.h"

#include "stage2/timing/timeline.h"

enum {
    LEAST_PAUSE = 1 << 17, /* ticks of the counter: some 50 microseconds */
    PART_PAUSED = 16,      /* a pause is this part of the wait so far, and LEAST_PAUSE */
};
#define MOST_TICKS (1ull << 34) /* four seconds at 4 GHz, eight at 2 GHz */

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
        wait->until = now + MOST_TICKS;
    }
    if (now > wait->until) {
        was_lost = true;
        return false;
    }
    uint64_t passed = now - (wait->until - MOST_TICKS);
    uint64_t next = now + passed / PART_PAUSED + LEAST_PAUSE;
    while (timeline_now() < next) {
    }
    return true;
}

bool irq_wait_timed_out(void)
{
    return was_lost;
}
