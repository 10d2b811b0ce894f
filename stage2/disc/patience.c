// SPDX-License-Identifier: BSD-2-Clause
// See patience.h.
#include "stage2/disc/patience.h"

#include "stage2/console/console.h"
#include "stage2/firmware.h"

enum {
    QUIET_MILLISECONDS = 3000,
    DOT_MILLISECONDS = 1000,
    MOST_FAILING = 8000,
    LOST_MILLISECONDS = 10000, /* one error leads to other reads, which would all take as long */
};

static struct {
    uint64_t next_dot; /* 0: the clock was not looked at in this read */
    bool is_shown;     /* a line without an end */
    uint32_t lba;
} reading;

static struct {
    uint32_t failing; /* milliseconds */
    uint64_t until;   /* 0: not lost */
} lost;

void patience_start(uint32_t lba)
{
    reading.next_dot = 0;
    reading.lba = lba;
}

void patience_end(void)
{
    if (reading.is_shown) {
        console_write("\n");
        reading.is_shown = false;
    }
    reading.next_dot = 0;
}

__attribute__((noinline, cold)) static void show(uint64_t now)
{
    console_write(reading.is_shown ? "." : "whelk: the disc is slow, reading on ");
    reading.is_shown = true;
    reading.next_dot = now + DOT_MILLISECONDS;
}

void patience_show(void)
{
    uint64_t now = firmware_milliseconds();
    if (reading.next_dot == 0) {
        reading.next_dot = now + QUIET_MILLISECONDS;
    } else if (now >= reading.next_dot) {
        show(now);
    }
}

void patience_over(uint32_t milliseconds)
{
    patience_end();
    console_print(
        "whelk: the disc does not answer at sector %u, trying on; if nothing follows, check "
        "it and reset\n",
        reading.lba);
    patience_failed(milliseconds);
}

void patience_failed(uint32_t milliseconds)
{
    lost.failing += milliseconds;
    if (lost.failing > MOST_FAILING) {
        lost.failing = 0;
        lost.until = firmware_milliseconds() + LOST_MILLISECONDS;
    }
}

void patience_succeeded(void)
{
    lost.failing = 0;
    lost.until = 0;
}

bool patience_is_lost(void)
{
    return lost.until != 0 && firmware_milliseconds() < lost.until;
}
