// SPDX-License-Identifier: BSD-2-Clause
// Where the time of a boot goes: moments, as values of the processor's time stamp counter (TSC);
// amounts read from the disc; why a driver of our own was given up. Recording accesses no port.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum timeline_moment {
    TIMELINE_HANDOFF, /* the firmware starts us */
    TIMELINE_DISC,    /* the volume is mounted; with a prepared block: that is read */
    TIMELINE_CONFIG,  /* the config, or the prepared block instead, is read; next: the menu */
    TIMELINE_PLAN,    /* the plan is made; compressed files are read and decompressed */
    TIMELINE_KERNEL,  /* all is loaded, or the last of it is being read */
    TIMELINE_MODULES, /* the modules are loaded, and all that is placed after them */
    TIMELINE_JUMP,    /* all that is left is to move pieces to their places and to jump */
    TIMELINE_MOMENTS,
};

struct timeline {
    uint64_t stamps[TIMELINE_MOMENTS]; /* TIMELINE_HANDOFF 0: no TSC, nothing is stamped */
    uint64_t bytes;                    /* read by our driver or by the firmware */
    uint32_t transfers;                /* commands to the drive, or calls of the firmware */
    bool is_prepared;                  /* the boot follows the ISO's prepared block (prepared.h) */
    char fallback[96];                 /* why a driver was given up; "": none was */
};
extern struct timeline timeline;

static inline uint64_t timeline_now(void)
{
    return __builtin_ia32_rdtsc();
}

/* Stamps a moment with the current time; a later stamp of it replaces this one. */
void timeline_stamp(enum timeline_moment moment);

/* Counts one command to the drive, or call of the firmware, that read so many bytes. */
void timeline_transfer(uint32_t bytes);

/* Writes to the debug port 0xe9, which emulators show; real machines have none. */
void timeline_debug(const char *text);

/* Notes for the line, and writes to the debug port, that a driver of our own was given up: why, and
   at which LBA (sectors of 2048 bytes). */
void timeline_fallback(const char *driver, const char *reason, uint32_t lba);

/* Writes the line of docs/timing.md. destination: the value of whelk_timing, where to write it;
   driver: who reads the disc. */
void timeline_report(const char *destination, const char *driver);
