// SPDX-License-Identifier: BSD-2-Clause
// The command line of `whelk bench`.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/error.h"
#include "tools/bench/qemu.h"

enum { MAX_SIZES = 16, MAX_GIVEN = 16, MAX_SIZE_MIB = 2048 };

enum bench_format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

struct bench_settings {
    const char *tree;            /* or an earlier report, to show again */
    struct qemu_machine machine; /* accel NULL: choose */
    unsigned runs;
    uint32_t sizes[MAX_SIZES]; /* MiB */
    size_t size_count;
    struct given_iso {
        char name[32];
        const char *file; /* {} in it stands for the size */
    } given[MAX_GIVEN];
    size_t given_count;
    const char *loaders; /* NULL: all */
    const char *until, *plot, *html, *write_probe;
    const char *compare;      /* an earlier report, or NULL */
    double tolerance_percent; /* what is slower by more is a regression */
    enum bench_format format;
    bool probe, raw_dma, xen, no_accesses;
    bool help, version;
};

/* Reads the command line, and checks that its options go together. */
bool bench_options_read(int argc, char **argv, struct bench_settings *settings,
                        struct error *error);

void bench_options_help(const char *name);

/* True if the user wants this loader measured. */
bool bench_wants_loader(const struct bench_settings *settings, const char *name);
