// SPDX-License-Identifier: BSD-2-Clause
// Reads Whelk's own time stamps: a line with "whelk-timing " and a JSON object of numbers and
// strings, which it prints on the serial port after `set whelk_timing=1`. Pure.
#pragma once

#include <stdbool.h>

#define TIMING_MARK "whelk-timing {"

enum timing_stamp {
    TIMING_HANDOFF,
    TIMING_DISC,
    TIMING_CONFIG,
    TIMING_PLAN,
    TIMING_KERNEL,
    TIMING_MODULES,
    TIMING_JUMP,
    TIMING_STAMPS,
};

extern const char *const timing_names[TIMING_STAMPS]; /* as in the line */

struct timing {
    double stamps_us[TIMING_STAMPS]; /* NAN: not in the line */
    double bytes, transfers;         /* NAN: not in the line */
    char driver[32];                 /* "": not in the line */
};

/* Reads the line from a text. Fields may be missing or new. False: there is no whole line. */
bool timing_read(const char *text, struct timing *timing);
