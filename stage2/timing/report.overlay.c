// SPDX-License-Identifier: BSD-2-Clause
// Writes the timeline as one line of JSON (docs/timing.md). The TSC's frequency is measured with
// channel 2 of the timer (Intel 8254), the loudspeaker's, which every PC has.
#include "stage2/timing/timeline.h"

#include <stddef.h>
#include <string.h>
#include "loader/format.h"
#include "stage2/console/console.h"
#include "stage2/firmware.h"
#include "stage2/bus/io.h"
#include "stage2/console/serial.h"

enum {
    TIMER_HZ = 1193182,
    TIMER_CHANNEL_2 = 0x42,
    TIMER_CONTROL = 0x43,
    TIMER_COUNT_DOWN = 0xb0, /* channel 2, both bytes, mode 0 */
    TIMER_LATCH = 0x80,      /* channel 2 */
    TIMER_TICKS = TIMER_HZ / 100,
    TIMER_TRIES = 100000, /* some tenths of a second, if there is no timer */
    SYSTEM_CONTROL = 0x61,
    SYSTEM_TIMER_GATE = 0x01,
    SYSTEM_SPEAKER = 0x02,
    SYSTEM_TIMER_OUT = 0x20,

    LINE_BYTES = 512,
};

/* The quotient; UINT32_MAX if it is larger or the divisor is 0. */
static uint32_t divide(uint64_t dividend, uint32_t divisor)
{
    uint32_t high = (uint32_t)(dividend >> 32);
    uint32_t low = (uint32_t)dividend;
    if (high >= divisor) {
        return UINT32_MAX;
    }
    __asm__("divl %2" : "+a"(low), "+d"(high) : "rm"(divisor) : "cc");
    return low;
}

/* The timer's current count; *when is the TSC at that moment. */
static uint32_t timer_count(uint64_t *when)
{
    out8(TIMER_CONTROL, TIMER_LATCH);
    *when = timeline_now();
    uint32_t low = in8(TIMER_CHANNEL_2);
    return low | (uint32_t)in8(TIMER_CHANNEL_2) << 8;
}

/* The TSC's frequency in kHz; 0: there is no timer. Measures again if the timer ran out meanwhile,
   which happens if a hypervisor stops us for long. */
static uint32_t measured_khz(void)
{
    uint8_t control = in8(SYSTEM_CONTROL);
    uint64_t start, end;
    uint32_t ticks;
    unsigned tries = TIMER_TRIES;
    out8(SYSTEM_CONTROL, (uint8_t)((control & ~SYSTEM_SPEAKER) | SYSTEM_TIMER_GATE));
    do {
        out8(TIMER_CONTROL, TIMER_COUNT_DOWN);
        out8(TIMER_CHANNEL_2, 0xff);
        out8(TIMER_CHANNEL_2, 0xff);
        uint32_t first = timer_count(&start);
        do {
            ticks = first - timer_count(&end);
            tries--;
        } while (ticks < TIMER_TICKS && tries != 0);
    } while ((in8(SYSTEM_CONTROL) & SYSTEM_TIMER_OUT) != 0 && tries != 0);
    out8(SYSTEM_CONTROL, control);
    return tries == 0 ? 0 : divide((end - start) * TIMER_HZ, ticks * 1000);
}

static size_t put_stamps(char *line, size_t size)
{
    static const char *const names[] = {"handoff", "disc",    "config", "plan",
                                        "kernel",  "modules", "jump"};
    uint64_t start = timeline.stamps[TIMELINE_HANDOFF];
    uint32_t khz = start != 0 ? firmware_tsc_khz() : 0;
    size_t length = 0;
    if (start != 0 && khz == 0) {
        khz = measured_khz();
    }
    if (khz == 0) {
        return format_text(line, size, "\"tsc\":false");
    }
    for (unsigned i = 0; i < TIMELINE_MOMENTS; i++) {
        uint32_t us = divide((timeline.stamps[i] - start) * 1000, khz);
        length += format_text(line + length, size - length, "\"%s\":%u,", names[i], us);
    }
    return length + format_text(line + length, size - length, "\"tsc_khz\":%u,\"tsc_handoff\":%llu",
                                khz, (unsigned long long)start);
}

static void write_line(const char *line, const char *destination)
{
    if (strcmp(destination, "debugcon") == 0 || strcmp(destination, "0xe9") == 0) {
        timeline_debug(line);
    } else if (strcmp(destination, "com1") != 0) {
        console_write(line);
    } else if (serial_present()) {
        while (*line != 0) {
            serial_write(*line++);
        }
    }
}

void timeline_report(const char *destination, const char *driver)
{
    static char line[LINE_BYTES];
    size_t length = format_text(line, sizeof line, "whelk-timing {\"unit\":\"us\",");
    length += put_stamps(line + length, sizeof line - length);
    length += format_text(line + length, sizeof line - length,
                          ",\"prepared\":%s,\"bytes\":%llu,\"transfers\":%u,\"driver\":\"%s\"",
                          timeline.is_prepared ? "true" : "false",
                          (unsigned long long)timeline.bytes, timeline.transfers, driver);
    if (timeline.fallback[0] != 0) {
        length += format_text(line + length, sizeof line - length, ",\"fallback\":\"%s\"",
                              timeline.fallback);
    }
    format_text(line + length, sizeof line - length, "}\n");
    write_line(line, destination);
}
