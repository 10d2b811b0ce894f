// SPDX-License-Identifier: BSD-2-Clause
// Where the time of a boot goes: moments by the processor's time stamp counter (TSC), what was read
// from the disc, and why a driver of our own does not read it. Costs no port access.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum timeline_moment {
    TIMELINE_HANDOFF, /* by the firmware, which stamps it; without it there are no others */
    TIMELINE_DISC,    /* found: its volume is mounted */
    TIMELINE_CONFIG,  /* read; between it and the next one, the menu */
    TIMELINE_PLAN,    /* made; with it, what is compressed has been read and decompressed */
    TIMELINE_KERNEL,  /* loaded */
    TIMELINE_MODULES, /* loaded, and what is placed behind them */
    TIMELINE_JUMP,    /* all that is left is to move what stands elsewhere, and to jump */
    TIMELINE_MOMENTS,
};

struct timeline {
    uint64_t stamps[TIMELINE_MOMENTS]; /* TIMELINE_HANDOFF is 0 where there is no TSC */
    uint64_t bytes;                    /* that the disc's driver or the firmware has read */
    uint32_t transfers;                /* in so many commands or calls */
    bool is_prepared;                  /* boots by what the tool has prepared (prepared.h) */
    char fallback[96];                 /* "": no driver was given up */
};
extern struct timeline timeline;

static inline uint64_t timeline_now(void)
{
    return __builtin_ia32_rdtsc();
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

/* Writes the line of docs/timing.md to where the value of whelk_timing says; driver: what reads the
   disc. */
void timeline_report(const char *wish, const char *driver);
