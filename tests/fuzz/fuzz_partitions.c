// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the reader of partition tables. The input is blocks: each step that wants another one gets
// the next of them, whatever its number.
#include "stage2/fs/partitions.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct partitions_walk walk;
    uint8_t *block = NULL;
    uint64_t in_hand = UINT64_MAX;
    partitions_start(&walk, BLOCK);
    for (enum partitions_step step = PARTITIONS_READ; step != PARTITIONS_END;) {
        if (walk.wanted_block != in_hand) {
            if (size < BLOCK) {
                break;
            }
            free(block);
            block = malloc(BLOCK);
            memcpy(block, data, BLOCK);
            in_hand = walk.wanted_block;
            data += BLOCK;
            size -= BLOCK;
        }
        step = partitions_step(&walk, block);
        if (step == PARTITIONS_FOUND && (walk.partition.number == 0 || walk.partition.count == 0)) {
            abort();
        }
    }
    free(block);
    return 0;
}
