// SPDX-License-Identifier: BSD-2-Clause
// The PC's interrupt controllers and timer.
#pragma once

/* Sets up interrupt controllers (Intel 8259A) and timer (Intel 8254) as a BIOS does. Interrupts
   stay off in the processor, but for the waits of pc_wait_irq() and firmware_idle(). */
void interrupts_start(void);

/* From now on no line's interrupt comes but while the loader waits: for kernels that learn from
   ACPI that there are no such controllers, and so never mask them. */
void interrupts_mask_all(void);
