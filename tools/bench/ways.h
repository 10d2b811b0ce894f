// SPDX-License-Identifier: BSD-2-Clause
// Ways to boot Whelk's ISO other than by the firmware that the bench boots all loaders by. Each is
// measured in turn with them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/error.h"
#include "tools/bench/qemu.h"

struct way {
    const char *name, *label;    /* for machines, for people */
    struct bytes (*image)(void); /* what becomes qemu_machine's image; NULL: none */
    const char *machine;         /* QEMU's; NULL: the bench's */
    const char *attach;          /* how the ISO is attached; NULL: as the bench's */
    enum firmware firmware;
    bool xen; /* it is for guests of Xen */
};

extern const struct way ways[];
extern const size_t way_count;

/* True for the ROM that is no loader: it reads as many MiB of the ISO as the module has, to
   WAY_RAW_ENTRY, and jumps there. */
bool way_is_raw(const struct way *way);
#define WAY_RAW_ENTRY 0x100000

/* True if a way can boot the ISO on a machine, as it is attached there. The size is that of the
   module; 0: the tree as it is. */
bool way_fits(const struct way *way, const struct qemu_machine *machine, uint32_t size_mib);

/* Writes a way's image to a file. */
bool way_write_image(const struct way *way, uint32_t size_mib, const char *path,
                     struct error *error);
