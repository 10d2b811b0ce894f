// SPDX-License-Identifier: BSD-2-Clause
// The line with Whelk's own time stamps that `set whelk_timing=1` makes it print on the serial
// port: "whelk-timing " and a JSON object of numbers and strings. Pure.
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
    double bytes, transfers;         /* the same */
    char driver[32];                 /* "": not in the line */
};

/* Finds the line in a text; fields that are missing or new do no harm. False: there is no such line
   that is whole. */
bool timing_read(const char *text, struct timing *timing);
