// SPDX-License-Identifier: BSD-2-Clause
// See pace.h. A volume with a capped rate takes one command at once and lets the next one wait for
// it. So a command says something of the one before, and two of the same size come before a larger
// one.
#include "stage2/disc/pace.h"

enum {
    FIRST_BYTES = 4 << 20,
    LEAST_BYTES = 64 << 10,
    MOST_BYTES = 64 << 20,
    FACTOR = 4,
    QUICK_MILLISECONDS = 250,
    SLOW_MILLISECONDS = 1000,
};

static uint32_t most = FIRST_BYTES;
static uint32_t previous; /* bytes of the command before */

uint32_t pace_most(uint32_t drivers_most)
{
    return most < drivers_most ? most : drivers_most;
}

void pace_note(uint32_t bytes, uint32_t milliseconds)
{
    if (milliseconds > SLOW_MILLISECONDS) {
        most = most > FACTOR * LEAST_BYTES ? most / FACTOR : LEAST_BYTES;
    } else if (milliseconds < QUICK_MILLISECONDS && previous >= most && most < MOST_BYTES) {
        most *= FACTOR;
    }
    previous = bytes;
}
