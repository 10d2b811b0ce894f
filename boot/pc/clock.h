// SPDX-License-Identifier: BSD-2-Clause
// The PC's clocks: whether the timer's interrupts come, and a clock for machines where they do not.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether the timer's interrupts come. Only then may a wait halt the processor: without them no
   time-out would end it. Looks once: whether there is an 8254 that counts as a BIOS lets it, and an
   8259A that lets its interrupt through. */
bool pc_timer_ticks(void);

/* Milliseconds by the real-time clock, in steps of a second. If that stands still or is absent, the
   time stamp counter moves this clock on, at about the right rate. */
uint64_t pc_rtc_milliseconds(void);
