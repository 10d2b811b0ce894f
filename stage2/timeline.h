// SPDX-License-Identifier: BSD-2-Clause
// Where the time of a boot goes: moments by the processor's time stamp counter (TSC), what was read
// from the disc, and why a driver of our own does not read it. Costs no port access.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum timeline_moment {
    TIMELINE_HANDOFF, /* by the firmware; as early as we can tell */
    TIMELINE_DISC,    /* found: its volume is mounted */
    TIMELINE_CONFIG,  /* read; between it and the next one, the menu */
    TIMELINE_PLAN,    /* made; with it, what is packed has been read and unpacked */
    TIMELINE_KERNEL,  /* loaded */
    TIMELINE_MODULES, /* loaded, and what is placed behind them */
    TIMELINE_JUMP,    /* all that is left is to move what stands elsewhere, and to jump */
    TIMELINE_MOMENTS,
};

struct timeline {
    uint64_t stamps[TIMELINE_MOMENTS]; /* TIMELINE_HANDOFF is 0 where there is no TSC */
    uint64_t bytes;                    /* that the disc's driver or the firmware has read */
    uint32_t transfers;                /* in so many commands or calls */
    char fallback[96];                 /* "": no driver was given up */
};
extern struct timeline timeline;

/* Whether RDTSC is there: CPUID says so, if that is there. Intel SDM 2A, CPUID. */
static inline bool timeline_has_tsc(void)
{
    enum { EFLAGS_ID = 1 << 21, CPUID_FEATURES = 1, CPUID_EDX_TSC = 1 << 4 };
    uint32_t changed;
    __asm__ volatile("pushfl\n\t"
                     "xorl %1, (%%esp)\n\t"
                     "movl (%%esp), %0\n\t"
                     "popfl\n\t"
                     "pushfl\n\t"
                     "xorl (%%esp), %0\n\t"
                     "xorl %1, (%%esp)\n\t"
                     "popfl"
                     : "=&r"(changed)
                     : "i"(EFLAGS_ID)
                     : "cc", "memory");
    if ((changed & EFLAGS_ID) != 0) {
        return false; /* the flag does not change: an 80486 */
    }
    uint32_t eax = CPUID_FEATURES, edx;
    __asm__ volatile("cpuid" : "+a"(eax), "=d"(edx) : : "ebx", "ecx");
    return (edx & CPUID_EDX_TSC) != 0;
}

static inline uint64_t timeline_now(void)
{
    uint64_t now;
    __asm__ volatile("rdtsc" : "=A"(now));
    return now;
}

/* The first stamp; without it there are no others. Inline, as stage 2 is still packed then. */
static inline void timeline_start(void)
{
    if (timeline_has_tsc()) {
        timeline.stamps[TIMELINE_HANDOFF] = timeline_now();
    }
}

/* The moment is now; the last time counts. */
void timeline_stamp(enum timeline_moment moment);

/* Counts one command to the drive or call of the firmware that has read so much. */
void timeline_transfer(uint32_t bytes);

/* Writes to the debug port 0xe9: emulators listen, on real machines nothing is there. */
void timeline_debug(const char *text);

/* A driver of our own is there but does not read: why, and where (LBA of 2048 bytes). Goes to the
   debug port and into the line. */
void timeline_fallback(const char *driver, const char *reason, uint32_t lba);

/* Takes the last stamp and writes the line of docs/timing.md to where the value of whelk_timing
   says. NULL, "" or "0": nowhere, and nothing is done. */
void timeline_report(const char *wish);
