// SPDX-License-Identifier: BSD-2-Clause
// The partitions of a disc: PC's partition table with its logical partitions, and GPT (UEFI 2.10,
// 5.2 and 5.3), numbered as GRUB numbers them. Pure: a walk names the block that it wants. The
// caller reads it before each step:
//
//     partitions_start(&walk, block_bytes);
//
//     while ((step = partitions_step(&walk, read(walk.wanted_block))) != PARTITIONS_END)
//         if (step == PARTITIONS_FOUND) walk.partition is the next one
//
// What is damaged ends the walk or is left out.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum partition_scheme { PARTITION_MSDOS, PARTITION_GPT };

struct partition {
    enum partition_scheme scheme;
    uint32_t number;       /* from 1; logical ones from 5 */
    uint64_t start, count; /* in the disc's blocks */
    uint64_t table_block;  /* PARTITION_MSDOS: the block with its table, and its entry there */
    uint32_t table_index;
};

enum partitions_step { PARTITIONS_READ, PARTITIONS_FOUND, PARTITIONS_END };

struct partitions_walk {
    uint64_t wanted_block;
    struct partition partition; /* after PARTITIONS_FOUND */

    /* For partitions.overlay.c only. */
    uint32_t block_bytes;
    uint8_t task;
    uint32_t index;
    uint8_t table[64];             /* the disc's own, of four entries */
    uint32_t logical_start;        /* the extended partition; 0: none */
    uint32_t entries, entry_bytes; /* GPT's */
    uint64_t entries_block;
};

/* block_bytes: 512 or more, a power of two. */
void partitions_start(struct partitions_walk *walk, uint32_t block_bytes);

/* Goes on with the wanted block. */
enum partitions_step partitions_step(struct partitions_walk *walk, const uint8_t *block);
