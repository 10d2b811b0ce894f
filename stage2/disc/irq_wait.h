// SPDX-License-Identifier: BSD-2-Clause
// Waits for a device: under a BIOS by its interrupt (pc/irq_wait.c), under UEFI by polling it less
// and less often (boot/efi/irq_wait.c). Each look at the device is an exit to the hypervisor.
// During the interrupt's wait, the emulation of the device may use the processor.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One wait. At its start all fields except line and is_short are 0. */
struct irq_wait {
    unsigned line;  /* of the PC's interrupt controllers, 1 to 15; 0: none, so the driver polls */
    bool is_short;  /* for a device that is given up: a second and no more, and no word of it */
    bool came;      /* the device's interrupt has come */
    uint64_t start; /* by the implementation's clock */
    uint64_t until; /* the limit; 0: set at the next rest */
};

/* Whether waits are for interrupts. If so, the driver must make the device send them. */
bool irq_wait_needs_interrupts(void);

/* Rests between two looks at the device. False: the wait has lasted too long (PC: 6 seconds); the
   user has been told. */
bool irq_wait_goes_on(struct irq_wait *wait);

/* Lets the limit start anew: data have come. */
static inline void irq_wait_renew(struct irq_wait *wait)
{
    wait->until = 0;
}

/* How long the wait has lasted, in milliseconds, roughly; 0: nobody had to rest. */
uint32_t irq_wait_lasted(const struct irq_wait *wait);

/* Call when the device is done: takes its interrupt if it is still to come, or the kernel would get
   it. PC only. */
void irq_wait_end(struct irq_wait *wait);

/* Whether any wait so far has lasted too long. */
bool irq_wait_timed_out(void);
