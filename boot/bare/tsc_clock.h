// SPDX-License-Identifier: BSD-2-Clause
// A clock for machines without the PC's timer: the processor's time stamp counter.
#pragma once

#include <stdint.h>

/* Milliseconds since the processor's reset. khz: firmware_tsc_khz(), not 0. */
uint64_t tsc_milliseconds(uint32_t khz);
