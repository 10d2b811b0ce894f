// SPDX-License-Identifier: BSD-2-Clause
// What a plain config boots, found out when the ISO was made: one block in front of the volume
// descriptors, where the system area is free, names the default entry's files and where they are.
// It lists every block by which that was found: descriptors, directories, config. While these are
// what they were, which their sum tells, the loader would come to the same result. The kernel's
// headers are among them where the block has the whole plan: what of which file goes where, and the
// boot information as far as it does not depend on the machine.
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

#define PREPARED_MAGIC UINT64_C(0x0a0d056b6c656857) /* "Whelk\x05\r\n" */

enum {
    PREPARED_IGNORES_ADDRESS_FIELDS = 1, /* flags */
    PREPARED_MODULES_AFTER_KERNEL = 2,
    PREPARED_KEEPS_COMPRESSED = 1,
};

/* Little-endian. Texts are offsets in the block and end with a NUL; 0: none. */
struct prepared_file {
    struct iso9660_extent extent; /* the only one; neither compressed nor to be decompressed */
    uint16_t line;                /* of the config */
    uint16_t flags;               /* PREPARED_KEEPS_COMPRESSED: --nounzip */
    uint16_t path, arguments;
};

struct prepared_range {
    uint32_t lba, count; /* blocks */
};

/* struct piece, as narrow as it is here. */
struct prepared_piece {
    uint32_t address, length, zero_length, file_offset;
    uint32_t file; /* index */
};

/* After it come the files, the kernel first, then the ranges of blocks, the plan's pieces that have
   a file, in the order of plan_longest_first(), the information, the texts. */
struct prepared {
    uint64_t magic;
    uint32_t sum; /* prepared_sum() of this block, with 0 here, and of the ranges, in their order */
    uint16_t gfxpayload, timing;
    uint8_t flags, protocol, file_count, range_count;
    uint32_t entry;      /* physical */
    uint32_t end;        /* the pieces are the right ones where there is RAM from 1 MiB to here */
    uint8_t piece_count; /* 0: it is to be planned */
    uint8_t unused;
    uint16_t information_bytes; /* multiboot1_machine_offset(): the rest is the machine's */
};
_Static_assert(sizeof(struct prepared) == 32, "the same where it is written and where it is read");

union prepared_block {
    struct prepared prepared;
    uint8_t bytes[ISO9660_SECTOR_SIZE];
};

/* Whether it is one, and has what it says that it has. Before the functions below. */
bool prepared_is_present(const union prepared_block *block);

/* The files, and behind the last one the ranges. */
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

/* Never outside of the block. */
static inline const char *prepared_text(const union prepared_block *block, uint16_t offset)
{
    return (const char *)block->bytes + offset % sizeof *block;
}

/* A text that need not be there; NULL: it is not. */
static inline const char *prepared_optional_text(const union prepared_block *block, uint16_t offset)
{
    return offset != 0 ? prepared_text(block, offset) : NULL;
}

/* Goes on with a sum, 0 at the start, over one block more. It detects each change of a single word,
   but is no protection against a block that somebody has made to match. */
uint32_t prepared_sum(uint32_t sum, const void *block);

/* What it boots, for plan_boot(); config names the config. The block must stay. False: the arena is
   full. */
bool prepared_read(union prepared_block *block, const char *config, struct config_boot *boot,
                   struct arena *arena);

/* Makes the plan that the block has, the one that plan_boot() would come to, out of the block,
   which must stay. Not under UEFI, where a plan depends on more than the memory map. False: the
   block has none, or none for this (normalised) map, or the arena is full. */
bool prepared_plan(union prepared_block *block, const struct memory_map *map, struct plan *plan,
                   struct arena *arena);

/* Puts a plan into a block that has its files and ranges. prepared/write.host.c, not in the loader.
   False: it is none for each memory that is large enough, or there is no room. */
bool prepared_write_plan(union prepared_block *block, struct plan *plan);
