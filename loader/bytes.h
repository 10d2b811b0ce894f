// SPDX-License-Identifier: BSD-2-Clause
// A view of bytes from outside, checks of ranges and sums, and little-endian reads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *data;
    size_t size;
};

/* Whether [offset, offset + length) lies within size; does not overflow. */
static inline bool range_within(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset <= size && length <= size - offset;
}

/* The bytes' sum, modulo 256. Firmware's tables have a checksum that makes it 0. */
static inline uint8_t byte_sum(const uint8_t *at, size_t length)
{
    uint8_t sum = 0;
    while (length-- > 0) {
        sum = (uint8_t)(sum + *at++);
    }
    return sum;
}

static inline bool sums_to_zero(const uint8_t *at, size_t length)
{
    return byte_sum(at, length) == 0;
}

static inline uint16_t load16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t load32(const uint8_t *at)
{
    return (uint32_t)load16(at) | (uint32_t)load16(at + 2) << 16;
}

static inline uint64_t load64(const uint8_t *at)
{
    return (uint64_t)load32(at) | (uint64_t)load32(at + 4) << 32;
}
