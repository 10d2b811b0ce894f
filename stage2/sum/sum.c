// SPDX-License-Identifier: BSD-2-Clause
// See sum.h. This runs over all that is booted, so each load and each jump counts: an emulated
// processor needs ten instructions for a load. Four words in a turn share a jump.
#include "stage2/sum/sum.h"

#include <string.h>

#define POLYNOMIAL 0x04c11db7u /* CRC-32's, without x^32; it is primitive */

/* A word at any address. */
struct word {
    uint32_t value;
} __attribute__((packed, may_alias));

static inline __attribute__((always_inline)) uint32_t times_x(uint32_t element)
{
    return element << 1 ^ (POLYNOMIAL & (0 - (element >> 31)));
}

/* Adds two words. */
static inline __attribute__((always_inline)) struct sum add_pair(struct sum sum,
                                                                 const struct word *word)
{
    uint32_t first = word[0].value, second = word[1].value;
    __asm__("" : "+r"(first), "+r"(second)); /* or gcc -Os loads each of them twice */
    return (struct sum){sum.parity ^ first ^ second,
                        times_x(times_x(sum.weighted) ^ first) ^ second};
}

/* Adds words up to end, at least four, a multiple of four. Not inline: gcc -Os would put a second
   jump into the loop. */
static __attribute__((noinline)) void add_fours(struct sum *sum, const struct word *word,
                                                const struct word *end)
{
    struct sum so_far = *sum;
    do {
        so_far = add_pair(so_far, word);
        __asm__("" : "+r"(so_far.parity), "+r"(so_far.weighted)); /* or all registers are in use */
        so_far = add_pair(so_far, word + 2);
        word += 4;
    } while (word != end);
    *sum = so_far;
}

void sum_add(struct sum *sum, const void *words, size_t count)
{
    const struct word *word = words, *end = word + count;
    if (count % 4 != 0) {
        *sum = add_pair(*sum, word);
        word += 2;
    }
    if (word != end) {
        add_fours(sum, word, end);
    }
}

void sum_add_bytes(struct sum *sum, const void *bytes, size_t length)
{
    uint8_t rest[SUM_UNIT_BYTES] = {0};
    size_t rest_bytes = length % SUM_UNIT_BYTES;
    sum_add(sum, bytes, (length - rest_bytes) / sizeof(uint32_t));
    if (rest_bytes != 0) {
        memcpy(rest, (const uint8_t *)bytes + length - rest_bytes, rest_bytes);
        sum_add(sum, rest, sizeof rest / sizeof(uint32_t));
    }
}
