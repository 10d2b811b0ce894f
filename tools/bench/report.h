// SPDX-License-Identifier: BSD-2-Clause
// The measurements as rows, and their output as tables for people, JSON, CSV, a chart or a page.
// Pure, except that it writes to files.
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "tools/bench/statistics.h"
#include "tools/bench/timing.h"

enum report_kind {
    REPORT_SHARES, /* a boot in which the firmware starts a loader */
    REPORT_WHOLE,  /* a boot without such a moment: it has neither `firmware` nor `loader` */
    REPORT_READ,   /* no boot, only the time to read: it has `loader` alone */
};

/* One way to boot one module; times in milliseconds. */
struct report_row {
    const char *name, *label; /* "grub-i386-pc", "SeaBIOS + GRUB i386-pc" */
    uint32_t size_mib;        /* of the module that was added; 0: the tree as it is */
    enum report_kind kind;
    bool has_no_bar; /* in the chart, as it would make the others tiny */
    uint64_t iso_bytes;
    struct summary firmware, loader, total;
    struct samples firmware_runs, loader_runs, total_runs; /* each run's, in order; may be none */
    uint64_t accesses, firmware_accesses; /* until the end of the phase; 0: not counted */
    double times_faster_than_grub;        /* the loader's share; NAN: unknown */
    double whole_vs_grub, whole_vs_whelk; /* GRUB's and Whelk's whole boot by this; NAN: unknown */
    bool has_timing;
    struct timing timing; /* Whelk's own stamps, medians */
};

struct report {
    const char *tree, *platform, *until; /* what was booted, where, and up to which moment */
    const char *accel;                   /* "tcg", "kvm", "xen" */
    const char *host;                    /* on which machine; "": unknown */
    const char *date;                    /* when it was measured, UTC; "": unknown */
    const char *command;                 /* what measures it again; "": unknown */
    const char *version;                 /* Whelk's */
    unsigned runs;
    struct report_row *rows; /* those of one size follow each other */
    size_t row_count;
};

/* Returns the total less the firmware's median. */
struct summary report_loader_share(struct summary total, struct summary firmware);

/* Returns the row of a name and a size; NULL: there is none. */
const struct report_row *report_find(const struct report *report, const char *name,
                                     uint32_t size_mib);

/* Compares each row with the rows of the same size named whelk (by the firmware), and grub or else
   grub-i386-pc. */
void report_compare(struct report *report);

void report_table(const struct report *report, FILE *out);
void report_csv(const struct report *report, FILE *out);

/* Writes a JSON object; the first function leaves its end, "\n}\n", to the caller. */
void report_json_begin(const struct report *report, FILE *out);
void report_json(const struct report *report, FILE *out);

/* Writes the chart as SVG: a bar for each whole boot, divided by phase where it has two, with the
   lowest and the highest; a panel for each size, each with an axis of its own that begins at 0. */
void report_chart(const struct report *report, FILE *out);
