// SPDX-License-Identifier: BSD-2-Clause
// See partitions.h.
#include "stage2/fs/partitions.h"

#include <string.h>
#include "loader/bytes.h"

enum {
    TABLE = 446, /* in the first block */
    TABLE_ENTRIES = 4,
    SIGNATURE = 510,
    FIRST_LOGICAL = 5,
    MOST_LOGICAL = 256, /* a chain that has more goes round in circles */

    ENTRY_BYTES = 16,
    ENTRY_FLAG = 0, /* 0x80: active; the other bits are 0 */
    ENTRY_TYPE = 4,
    ENTRY_START = 8,
    ENTRY_COUNT = 12,

    TYPE_EXTENDED = 0x05,
    TYPE_EXTENDED_LBA = 0x0f,
    TYPE_EXTENDED_LINUX = 0x85,
    TYPE_PROTECTIVE = 0xee, /* the disc has a GPT */

    GPT_HEADER_BLOCK = 1,
    GPT_ENTRIES_BLOCK = 72,
    GPT_ENTRIES = 80,
    GPT_ENTRY_BYTES = 84,
    GPT_LEAST_ENTRY = 128,
    GPT_MOST_ENTRIES = 1024,
    GPT_START = 32,
    GPT_LAST = 40,
};

enum { TASK_TABLE, TASK_PRIMARY, TASK_LOGICAL, TASK_HEADER, TASK_ENTRY, TASK_END };

void partitions_start(struct partitions_walk *walk, uint32_t block_bytes)
{
    memset(walk, 0, sizeof *walk);
    walk->block_bytes = block_bytes;
}

static enum partitions_step want(struct partitions_walk *walk, uint64_t block, uint8_t task)
{
    walk->wanted_block = block;
    walk->task = task;
    return PARTITIONS_READ;
}

static bool is_extended(const uint8_t *entry)
{
    return entry[ENTRY_TYPE] == TYPE_EXTENDED || entry[ENTRY_TYPE] == TYPE_EXTENDED_LBA ||
           entry[ENTRY_TYPE] == TYPE_EXTENDED_LINUX;
}

/* Whether a block has a table. The first sector of a file system may end like one. */
static bool has_table(const uint8_t *block)
{
    bool is_table = load16(block + SIGNATURE) == 0xaa55;
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        is_table = is_table && (block[TABLE + i * ENTRY_BYTES + ENTRY_FLAG] & 0x7f) == 0;
    }
    return is_table;
}

static enum partitions_step found(struct partitions_walk *walk, uint32_t number, uint64_t start,
                                  uint64_t count)
{
    walk->partition.number = number;
    walk->partition.start = start;
    walk->partition.count = count;
    return PARTITIONS_FOUND;
}

static enum partitions_step next_primary(struct partitions_walk *walk)
{
    while (walk->index < TABLE_ENTRIES) {
        const uint8_t *entry = walk->table + walk->index++ * ENTRY_BYTES;
        if (is_extended(entry)) {
            walk->logical_start = load32(entry + ENTRY_START);
        } else if (entry[ENTRY_TYPE] != 0 && load32(entry + ENTRY_COUNT) != 0) {
            walk->partition.table_index = walk->index - 1;
            return found(walk, walk->index, load32(entry + ENTRY_START),
                         load32(entry + ENTRY_COUNT));
        }
    }
    walk->index = FIRST_LOGICAL;
    return walk->logical_start != 0 ? want(walk, walk->logical_start, TASK_LOGICAL)
                                    : PARTITIONS_END;
}

static enum partitions_step read_table(struct partitions_walk *walk, const uint8_t *block)
{
    if (!has_table(block)) {
        return PARTITIONS_END;
    }
    memcpy(walk->table, block + TABLE, sizeof walk->table);
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        if (walk->table[i * ENTRY_BYTES + ENTRY_TYPE] == TYPE_PROTECTIVE) {
            walk->partition.scheme = PARTITION_GPT;
            return want(walk, GPT_HEADER_BLOCK, TASK_HEADER);
        }
    }
    walk->task = TASK_PRIMARY;
    return next_primary(walk);
}

/* Reads a table in the extended partition: a logical partition, and where the next table is. */
static enum partitions_step read_logical(struct partitions_walk *walk, const uint8_t *block)
{
    const uint8_t *entry = block + TABLE;
    const uint8_t *next = entry + ENTRY_BYTES;
    uint64_t here = walk->wanted_block;
    if (!has_table(block)) {
        return PARTITIONS_END;
    }
    walk->task = TASK_END;
    if (is_extended(next) && walk->index < MOST_LOGICAL) {
        want(walk, (uint64_t)walk->logical_start + load32(next + ENTRY_START), TASK_LOGICAL);
    }
    uint32_t number = walk->index++;
    walk->partition.table_block = here;
    walk->partition.table_index = 0;
    return entry[ENTRY_TYPE] != 0 && load32(entry + ENTRY_COUNT) != 0
               ? found(walk, number, here + load32(entry + ENTRY_START),
                       load32(entry + ENTRY_COUNT))
               : PARTITIONS_READ;
}

/* Wants the block of the next entry of a GPT. */
static enum partitions_step want_entry(struct partitions_walk *walk)
{
    uint32_t byte = walk->index * walk->entry_bytes; /* GPT_MOST_ENTRIES: no overflow */
    return walk->index < walk->entries
               ? want(walk, walk->entries_block + byte / walk->block_bytes, TASK_ENTRY)
               : PARTITIONS_END;
}

static enum partitions_step read_header(struct partitions_walk *walk, const uint8_t *block)
{
    uint32_t bytes = load32(block + GPT_ENTRY_BYTES);
    uint32_t entries = load32(block + GPT_ENTRIES);
    if (memcmp(block, "EFI PART", 8) != 0 || bytes < GPT_LEAST_ENTRY || bytes > walk->block_bytes ||
        walk->block_bytes % bytes != 0) {
        return PARTITIONS_END;
    }
    walk->entries = entries < GPT_MOST_ENTRIES ? entries : GPT_MOST_ENTRIES;
    walk->entry_bytes = bytes;
    walk->entries_block = load64(block + GPT_ENTRIES_BLOCK);
    return want_entry(walk);
}

static enum partitions_step read_entries(struct partitions_walk *walk, const uint8_t *block)
{
    static const uint8_t unused[16];
    uint64_t here = walk->wanted_block;
    while (want_entry(walk) == PARTITIONS_READ && walk->wanted_block == here) {
        const uint8_t *entry = block + walk->index++ * walk->entry_bytes % walk->block_bytes;
        uint64_t start = load64(entry + GPT_START);
        uint64_t last = load64(entry + GPT_LAST);
        if (memcmp(entry, unused, sizeof unused) != 0 && start <= last) {
            return found(walk, walk->index, start, last - start + 1);
        }
    }
    return walk->index < walk->entries ? PARTITIONS_READ : PARTITIONS_END;
}

enum partitions_step partitions_step(struct partitions_walk *walk, const uint8_t *block)
{
    switch (walk->task) {
    case TASK_TABLE:
        return read_table(walk, block);
    case TASK_PRIMARY:
        return next_primary(walk);
    case TASK_LOGICAL:
        return read_logical(walk, block);
    case TASK_HEADER:
        return read_header(walk, block);
    case TASK_ENTRY:
        return read_entries(walk, block);
    default:
        return PARTITIONS_END;
    }
}
