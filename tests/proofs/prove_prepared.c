// SPDX-License-Identifier: BSD-2-Clause
// The prepared block (stage2/prepared/prepared.c): any block that passes the check, up to two files
// and two pieces, in any map of two ranges.
#include "tests/proofs/prove.h"

#include "stage2/prepared/prepared.c"

enum { MOST = 2, MAP_RANGES = 2 };

/* Any sum: the loop over the block's words ends where its caller says. */
void sum_add(struct sum *sum, const void *words, size_t count)
{
    (void)words;
    (void)count;
    *sum = (struct sum){any_32(), any_32()};
}

uint64_t pvh_information_size(const struct boot_information *information)
{
    (void)information;
    return any_64();
}

static void use(union prepared_block *block, uint8_t files, uint8_t pieces)
{
    struct memory_range ranges[MAP_RANGES];
    struct memory_map map = {ranges, MAP_RANGES, MAP_RANGES};
    struct arena arena = {0};
    struct config_boot boot;
    struct plan plan;
    ANY(ranges);
    block->prepared.file_count = files;
    block->prepared.piece_count = pieces;
    block->prepared.range_count = (uint8_t)any_size(0, MOST);
    prepared_read(block, "/boot/grub/grub.cfg", &boot, &arena);
    prepared_plan(block, &map, &plan, &arena);
}

int main(void)
{
    static union prepared_block block;
    ANY(block);
    prepared_is_present(&block);
    for (uint8_t files = 1; files <= MOST; files++) {
        for (uint8_t pieces = 0; pieces <= MOST; pieces++) {
            use(&block, files, pieces);
        }
    }
    return 0;
}
