// SPDX-License-Identifier: BSD-2-Clause
// Waits for a device: under a BIOS by its interrupt (pc/irq_wait.c), under UEFI by polling it less
// and less often (boot/efi/irq_wait.c). Each look at the device is an exit to the hypervisor.
// During the interrupt's wait, the emulation of the device may use the processor.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One wait. At its start all fields except the line are 0. */
struct irq_wait {
    unsigned line;  /* of the PC's interrupt controllers, 1 to 15; 0: none, so the driver polls */
    bool came;      /* the device's interrupt has come */
    uint64_t until; /* the limit, by the implementation's clock */
};

/* Whether waits are for interrupts. If so, the driver must make the device send them. */
bool irq_wait_needs_interrupts(void);

/* Rests between two looks at the device. False: the wait has lasted too long (PC: 4 seconds). */
bool irq_wait_goes_on(struct irq_wait *wait);

/* Call when the device is done: takes its interrupt if it is still to come, or the kernel would get
   it. PC only. */
void irq_wait_end(struct irq_wait *wait);

/* Whether any wait so far has lasted too long. */
bool irq_wait_timed_out(void);
