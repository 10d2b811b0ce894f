// SPDX-License-Identifier: BSD-2-Clause
// Ways to boot Whelk's ISO other than by the firmware that the bench boots all loaders by. Each is
// measured in turn with them.
#pragma once

#include <stddef.h>
#include "tools/bench/qemu.h"

struct way {
    const char *name, *label; /* for machines, for people */
    enum firmware firmware;
    const char *machine; /* QEMU's */
};

extern const struct way ways[];
extern const size_t way_count;
