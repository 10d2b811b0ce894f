// SPDX-License-Identifier: BSD-2-Clause
// Waiting for a device: with few looks at it, as each is an exit to the hypervisor, and for some
// seconds at most, although interrupts are off and no clock ticks.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One wait; zeros at its start. */
struct patience {
    uint32_t pause;
    uint32_t last_count;
    unsigned rounds;
};

/* Between two looks: pauses for about a sixteenth of the time that the wait has lasted. False: that
   is four seconds or more. */
bool patience_lasts(struct patience *patience);

/* Whether that was ever so. */
bool patience_was_lost(void);
