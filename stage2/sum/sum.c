// SPDX-License-Identifier: BSD-2-Clause
// See sum.h. This runs over some 8,000 words in each boot: two words in a turn halve the jumps.
#include "stage2/sum/sum.h"

#define POLYNOMIAL 0x04c11db7u /* CRC-32's, without x^32; it is primitive */

static uint32_t times_x(uint32_t element)
{
    return element << 1 ^ (POLYNOMIAL & (0 - (element >> 31)));
}

void sum_add(struct sum *sum, const void *words, size_t count)
{
    uint32_t parity = sum->parity, weighted = sum->weighted;
    const uint32_t *word = words;
    for (const uint32_t *end = word + count; word != end; word += 2) {
        parity ^= word[0] ^ word[1];
        weighted = times_x(times_x(weighted) ^ word[0]) ^ word[1];
    }
    *sum = (struct sum){parity, weighted};
}
