// SPDX-License-Identifier: BSD-2-Clause
// See clock.h. Intel 8254 and 8259A; Motorola MC146818, the real-time clock, which counts in BCD.
#include "boot/pc/clock.h"

#include "stage2/bus/io.h"
#include "stage2/timing/timeline.h"

enum {
    PIT_COMMAND = 0x43,
    PIT_COUNTER = 0x40,
    PIT_READ_BACK_STATUS = 0xe2, /* of counter 0: the next byte read has its mode */
    PIT_BOTH_BYTES = 0x30,
    PIT_BCD = 0x01,
    PIC1_MASK = 0x21,
    LINE_TIMER = 1 << 0,

    RTC_INDEX = 0x70,
    RTC_DATA = 0x71,
    RTC_SECONDS = 0,
    SECONDS = 60, /* in a minute; as a value: there is no such clock */
    MOST_PASSED = 30,
};
#define TICKS_IF_ABSENT (1ull << 31) /* of the time stamp counter: a second at 2 GHz */
#define TICKS_IF_STILL  (1ull << 33) /* more than a second on any processor */

bool pc_timer_ticks(void)
{
    static enum { UNKNOWN, STANDS, TICKS } timer;
    if (timer == UNKNOWN) {
        out8(PIT_COMMAND, PIT_READ_BACK_STATUS);
        bool counts = (in8(PIT_COUNTER) & (PIT_BOTH_BYTES | PIT_BCD)) == PIT_BOTH_BYTES;
        timer = counts && (in8(PIC1_MASK) & LINE_TIMER) == 0 ? TICKS : STANDS;
    }
    return timer == TICKS;
}

static unsigned rtc_second(void)
{
    out8(RTC_INDEX, RTC_SECONDS);
    uint8_t bcd = in8(RTC_DATA);
    unsigned second = (bcd >> 4) * 10u + (bcd & 15u);
    return second < SECONDS ? second : SECONDS;
}

uint64_t pc_rtc_milliseconds(void)
{
    static uint64_t milliseconds, changed;
    static unsigned last;
    uint64_t now = timeline.stamps[TIMELINE_HANDOFF] != 0 ? timeline_now() : 0;
    unsigned second = rtc_second();
    unsigned passed = second == SECONDS ? 0 : (second + SECONDS - last) % SECONDS;
    if (passed > MOST_PASSED) {
        passed = 1; /* read while the clock was changing */
    }
    if (passed == 0 && now - changed > (second == SECONDS ? TICKS_IF_ABSENT : TICKS_IF_STILL)) {
        passed = 1;
    }
    if (passed != 0) {
        milliseconds += passed * 1000u;
        changed = now;
        last = second;
    }
    return milliseconds;
}
