// SPDX-License-Identifier: BSD-2-Clause
// The measurements as rows, and their output as a table for people, JSON, CSV or a chart. Pure,
// except that it writes to files.
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
    bool is_raw_dma;          /* not a boot, only the time to read: in `loader` alone */
    uint64_t iso_bytes;
    struct summary firmware, loader, total;
    uint64_t accesses, firmware_accesses; /* until the end of the phase; 0: not counted */
    double times_faster_than_grub;        /* the loader's share; NAN: unknown */
    bool has_timing;
    struct timing timing; /* Whelk's own stamps, medians */
};

struct report {
    const char *tree, *platform, *until; /* what was booted, where, and up to which moment */
    const char *accel;                   /* "tcg", "kvm", "xen" */
    unsigned runs;
    struct report_row *rows; /* those of one size follow each other */
    size_t row_count;
};

/* Returns the total less the firmware's median. */
struct summary report_loader_share(struct summary total, struct summary firmware);

/* Sets each times_faster_than_grub. GRUB is the first row of the same size named grub, else
   grub-i386-pc. */
void report_compare(struct report *report);

void report_table(const struct report *report, FILE *out);
void report_json(const struct report *report, FILE *out);
void report_csv(const struct report *report, FILE *out);

/* A gnuplot script that writes the chart: bars stacked by phase, one panel for each size. */
void report_plot_script(const struct report *report, const char *svg, FILE *out);
