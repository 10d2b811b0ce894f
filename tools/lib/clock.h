// SPDX-License-Identifier: BSD-2-Clause
// The time that passes between two moments.
#pragma once

#include <time.h>

/* Returns milliseconds since some moment. Setting the system's time does not change them. */
static inline double clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}
