// SPDX-License-Identifier: BSD-2-Clause
// Waiting for a device by its interrupt: the processor is let go meanwhile, so that whoever
// emulates the device may have it, and each look at the device is an exit to the hypervisor.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One wait; zeros at its start but for the line. */
struct irq_wait {
    unsigned line;  /* of the PC's interrupt controllers, 0 to 15 */
    bool came;      /* the device's interrupt */
    uint64_t until; /* by the clock of who waits */
};

/* Whether it is by interrupts that we wait: then the device has to send them. */
bool irq_wait_needs_interrupts(void);

/* Rests between two looks at the device. False: the wait has lasted for more than four seconds. */
bool irq_wait_goes_on(struct irq_wait *wait);

/* Once the device is done: takes the interrupt that is on its way, for it is not the kernel's. */
void irq_wait_end(struct irq_wait *wait);

/* Whether a wait ever lasted too long. */
bool irq_wait_timed_out(void);
