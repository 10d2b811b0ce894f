// SPDX-License-Identifier: BSD-2-Clause
// See disc/irq_wait.h.
#include "stage2/disc/irq_wait.h"

#include "stage2/firmware.h"

enum { MOST_MILLISECONDS = 4000 };

static bool was_lost;

bool patience_is_for_interrupts(void)
{
    return true;
}

bool patience_lasts(struct patience *patience)
{
    uint64_t now = firmware_milliseconds();
    if (patience->until == 0) {
        patience->until = now + MOST_MILLISECONDS;
    }
    bool lasts = now <= patience->until;
    was_lost |= !lasts;
    patience->came |= lasts && firmware_rest_for(patience->line);
    return lasts;
}

void patience_end(struct patience *patience)
{
    if (!patience->came) {
        patience->came = firmware_rest_for(patience->line);
    }
}

bool patience_was_lost(void)
{
    return was_lost;
}
