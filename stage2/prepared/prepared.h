// SPDX-License-Identifier: BSD-2-Clause
// The prepared block: what a plain config boots, found out when the ISO was made. It is one block
// before the volume descriptors, where the system area is free, and says which files the default
// entry has and where they are. It lists all blocks that this result depends on: descriptors,
// directories, config. If their sum is unchanged, the loader would come to the same result. The
// block has a sum of its own, which is verified before anything in it is used. The
// block may also have the whole plan: what part of which file goes where, and the boot information
// as far as it does not depend on the machine. Then it lists the kernel's headers, too.
//
// Pure; written by the tools (tools/iso/prepare.c), read by stage 2.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "stage2/config/config.h"
#include "stage2/fs/iso9660.h"
#include "stage2/plan/plan.h"
#include "stage2/sum/sum.h"

#define PREPARED_MAGIC UINT64_C(0x0a0d076b6c656857) /* "Whelk\x07\r\n" */

enum {
    PREPARED_IGNORES_ADDRESS_FIELDS = 1, /* flags */
    PREPARED_MODULES_AFTER_KERNEL = 2,
    PREPARED_HAS_BOCHS_DRIVER = 4,
    PREPARED_HAS_CIRRUS_DRIVER = 8,
    PREPARED_HAS_SUMS = 16, /* of the pieces */
    PREPARED_KEEPS_COMPRESSED = 1,
    PREPARED_MOST_BLOCKS = 256, /* in all ranges together; more are not prepared */
};

/* Little-endian. path, arguments: offsets in the block of texts that end with a NUL; 0: no text. */
struct prepared_file {
    struct iso9660_extent extent; /* the only one; it is not to be decompressed */
    uint16_t line;                /* in the config */
    uint16_t flags;               /* PREPARED_KEEPS_COMPRESSED: --nounzip */
    uint16_t path, arguments;
};

struct prepared_range {
    uint32_t lba, count; /* blocks */
};

/* struct piece (placement.h) in fewer bytes. */
struct prepared_piece {
    uint32_t address, length, zero_length, file_offset;
    uint32_t file;  /* index */
    struct sum sum; /* of its bytes from the file */
};

/* The block's start. After it come the files, the kernel first; the ranges of blocks; the plan's
   pieces that have a file, in the order of plan_longest_first(); the information; the texts. */
struct prepared {
    uint64_t magic;
    uint32_t block_count; /* in all ranges */
    uint16_t gfxpayload, timing;
    uint8_t flags, protocol, file_count, range_count;
    uint32_t entry;      /* physical */
    uint32_t end;        /* the plan is right if all from 1 MiB to here is RAM */
    uint8_t piece_count; /* 0: the block has no plan */
    uint8_t unused;
    uint16_t information_bytes; /* multiboot1_machine_offset() or pvh_information_size() */
    struct sum block_sum;       /* prepared_sum() */
    struct sum ranges_sum;      /* of the ranges' blocks, in their order */
};
_Static_assert(sizeof(struct prepared) == 48, "the same where it is written and where it is read");

union prepared_block {
    struct prepared prepared;
    uint8_t bytes[ISO9660_SECTOR_SIZE];
};

/* The sum of the block's words before and after block_sum. */
struct sum prepared_sum(const union prepared_block *block);

/* Checks magic, sum, protocol, counts and lengths. Must succeed before the functions below are
   used. The ranges still have to be checked against block_count, and their blocks against
   ranges_sum. */
bool prepared_is_present(const union prepared_block *block);

/* The parts of the block, each an array that starts after the one before it. */
static inline struct prepared_file *prepared_files(union prepared_block *block)
{
    return (struct prepared_file *)(void *)(block->bytes + sizeof block->prepared);
}

static inline struct prepared_range *prepared_ranges(union prepared_block *block)
{
    return (struct prepared_range *)(void *)(prepared_files(block) + block->prepared.file_count);
}

static inline struct prepared_piece *prepared_pieces(union prepared_block *block)
{
    return (struct prepared_piece *)(void *)(prepared_ranges(block) + block->prepared.range_count);
}

static inline uint8_t *prepared_information(union prepared_block *block)
{
    return (uint8_t *)(prepared_pieces(block) + block->prepared.piece_count);
}

/* The text at an offset. It is inside the block, whatever the offset. */
static inline const char *prepared_text(const union prepared_block *block, uint16_t offset)
{
    return (const char *)block->bytes + offset % sizeof *block;
}

/* A text that may be absent; NULL: it is. */
static inline const char *prepared_optional_text(const union prepared_block *block, uint16_t offset)
{
    return offset != 0 ? prepared_text(block, offset) : NULL;
}

/* Fills in boot, for plan_boot(). config: the config's path, for messages. The block must stay in
   memory. False: the arena is full. */
bool prepared_read(union prepared_block *block, const char *config, struct config_boot *boot,
                   struct arena *arena);

/* Makes the plan from the block, which must stay in memory: the same as plan_boot() would make with
   this (normalised) map. Not for UEFI, where a plan depends on more than the map. False: the block
   has no plan, or none for this map, a piece is out of its bounds, or the arena is full. */
bool prepared_plan(union prepared_block *block, const struct memory_map *map, struct plan *plan,
                   struct arena *arena);

/* Adds a plan, which plan_longest_first() reorders, to a block that has its files and ranges. In
   write.host.c, for the tools. False: prepared_plan() could not make this plan, or the block has no
   room. */
bool prepared_write_plan(union prepared_block *block, struct plan *plan);
