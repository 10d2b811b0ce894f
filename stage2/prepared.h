// SPDX-License-Identifier: BSD-2-Clause
// What a plain config boots, found out when the ISO was made: one block in front of the volume
// descriptors, where the system area is free, names the default entry's files and where they are.
// It lists every block by which that was found: descriptors, directories, config. While these are
// what they were, which their sum tells, the loader would come to the same result. The kernel's
// headers are among them where the block says what they come to, so that they need not be parsed.
//
// Pure; written by the tools (tools/prepare.c), read by stage 2.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "stage2/config.h"
#include "stage2/iso9660.h"
#include "stage2/plan.h"

#define PREPARED_MAGIC "Whelk\x02\r\n"

enum {
    PREPARED_MAGIC_BYTES = 8,
    PREPARED_IGNORES_ADDRESS_FIELDS = 1, /* flags */
    PREPARED_MODULES_AFTER_KERNEL = 2,
    PREPARED_KEEPS_PACKED = 1,
    PREPARED_SECTION_HEADER_BYTES = 40, /* at least: ELF32 */
};

/* Little-endian. Texts are offsets in the block and end with a NUL; 0: none. */
struct prepared_file {
    uint32_t lba, size; /* one extent, neither packed nor to be unpacked */
    uint16_t line;      /* of the config */
    uint16_t flags;     /* PREPARED_KEEPS_PACKED: --nounzip */
    uint16_t path, arguments;
};

struct prepared_range {
    uint32_t lba, count; /* blocks */
};

/* struct image_segment, */
struct prepared_segment {
    uint32_t index, file_offset, file_size, memory_size, address;
};

/* and struct elf_section, as narrow as they are here. */
struct prepared_section {
    uint32_t index, file_offset, size, alignment;
};

/* Behind it the files, the kernel first, then the ranges of blocks, the kernel's segments, its
   sections that no segment loads, the section headers, the texts. */
struct prepared {
    uint8_t magic[PREPARED_MAGIC_BYTES];
    uint32_t sum; /* prepared_sum() of this block, with 0 here, and of the ranges, in their order */
    uint16_t gfxpayload, timing;
    uint8_t flags, protocol, file_count, range_count;
    uint32_t entry;                               /* physical */
    uint8_t format, segment_count, section_count; /* no segments: its headers are to be read */
    uint8_t section_header_size;
    uint16_t section_header_count, section_names_index;
};

union prepared_block {
    struct prepared prepared;
    uint8_t bytes[ISO9660_SECTOR_SIZE];
};

/* What a boot is read to. The sections' addresses go to their headers in the block. */
struct prepared_boot {
    struct config_boot boot;
    struct kernel_headers headers;
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

static inline struct prepared_segment *prepared_segments(union prepared_block *block)
{
    return (struct prepared_segment *)(void *)(prepared_ranges(block) +
                                               block->prepared.range_count);
}

static inline struct prepared_section *prepared_sections(union prepared_block *block)
{
    return (struct prepared_section *)(void *)(prepared_segments(block) +
                                               block->prepared.segment_count);
}

static inline uint8_t *prepared_section_headers(union prepared_block *block)
{
    return (uint8_t *)(prepared_sections(block) + block->prepared.section_count);
}

/* Goes on with a sum, 0 at the start, over one block more. */
uint32_t prepared_sum(uint32_t sum, const void *block);

/* What it boots; config names the config. The block must stay. False: the arena is full. */
bool prepared_read(union prepared_block *block, const char *config, struct prepared_boot *prepared,
                   struct arena *arena);
