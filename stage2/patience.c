// SPDX-License-Identifier: BSD-2-Clause
// See patience.h. Intel 8254 data sheet: channel 0 counts down from 65536 some 18.2 times a second,
// by one (mode 2) or twice by two (mode 3), as the firmware has set it. Reading it changes nothing.
#include "stage2/patience.h"

#include "stage2/io.h"

enum {
    TIMER_CHANNEL_0 = 0x40,
    TIMER_CONTROL = 0x43,
    TIMER_LATCH = 0x00, /* channel 0 */
    MOST_ROUNDS = 146,  /* four seconds in mode 3, else eight */

    LEAST_PAUSE = 64,     /* turns of the loop */
    MOST_PAUSE = 1000000, /* some tenths of a millisecond; where each turn takes 20 ns, less than
                             the 27 ms of a round */
};

static bool was_lost;

static uint32_t timer_count(void)
{
    out8(TIMER_CONTROL, TIMER_LATCH);
    uint32_t low = in8(TIMER_CHANNEL_0);
    return low | (uint32_t)in8(TIMER_CHANNEL_0) << 8;
}

bool patience_lasts(struct patience *patience)
{
    if (patience->pause < MOST_PAUSE) {
        patience->pause += patience->pause / 16 + LEAST_PAUSE;
    } else {
        uint32_t count = timer_count();
        patience->rounds += count > patience->last_count;
        patience->last_count = count;
        was_lost |= patience->rounds >= MOST_ROUNDS;
    }
    for (uint32_t i = 0; i < patience->pause; i++) {
        __asm__ volatile("");
    }
    return patience->rounds < MOST_ROUNDS;
}

bool patience_was_lost(void)
{
    return was_lost;
}
