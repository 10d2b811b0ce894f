// SPDX-License-Identifier: BSD-2-Clause
// What was measured, as rows, and the forms in which it is shown: a table for people, JSON, CSV, a
// chart. Pure but for the file that is written to.
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "tools/bench/statistics.h"
#include "tools/bench/timing.h"

/* One ISO with one module; times in milliseconds. */
struct report_row {
    const char *name, *label; /* "grub-i386-pc", "GRUB (i386-pc)" */
    uint32_t size_mib;        /* of the module that was added; 0: the tree as it is */
    bool is_raw_dma;          /* no boot, only the reading: loader alone is known */
    uint64_t iso_bytes;
    struct summary firmware, loader, total;
    uint64_t accesses, firmware_accesses; /* until the end of the phase; 0: not counted */
    double times_faster_than_grub;        /* the loader's share; NAN: unknown */
    bool has_timing;
    struct timing timing; /* Whelk's own stamps, medians */
};

struct report {
    const char *tree, *platform, *until; /* what was booted, where, up to which moment */
    const char *accel;                   /* "tcg", "kvm", "xen" */
    unsigned runs;
    struct report_row *rows; /* those of one size together */
    size_t row_count;
};

/* total, less the firmware's median. */
struct summary report_loader_share(struct summary total, struct summary firmware);

/* Fills in times_faster_than_grub, by the first row named grub, else grub-i386-pc, of the same
   size. */
void report_compare(struct report *report);

void report_table(const struct report *report, FILE *out);
void report_json(const struct report *report, FILE *out);
void report_csv(const struct report *report, FILE *out);

/* A gnuplot script that writes the chart: bars stacked by phase, one panel for each size. */
void report_plot_script(const struct report *report, const char *svg, FILE *out);
