// SPDX-License-Identifier: BSD-2-Clause
// See timeline.h. Any boot may need these functions; timing/report.overlay.c writes the line.
#include "stage2/timing/timeline.h"

#include "loader/format.h"
#include "stage2/bus/io.h"

enum { DEBUG_PORT = 0xe9 };

struct timeline timeline;

void timeline_stamp(enum timeline_moment moment)
{
    if (timeline.stamps[TIMELINE_HANDOFF] != 0) {
        timeline.stamps[moment] = timeline_now();
    }
}

void timeline_transfer(uint32_t bytes)
{
    timeline.bytes += bytes;
    timeline.transfers++;
}

void timeline_debug(const char *text)
{
    while (*text != 0) {
        out8(DEBUG_PORT, (uint8_t)*text++);
    }
}

void timeline_fallback(const char *driver, const char *reason, uint32_t lba)
{
    format_text(timeline.fallback, sizeof timeline.fallback, "%s: %s at sector %u", driver, reason,
                lba);
    timeline_debug("whelk: ");
    timeline_debug(timeline.fallback);
    timeline_debug("; the firmware reads on\n");
}
