// SPDX-License-Identifier: BSD-2-Clause
// The sum by which the loader knows that what it has read is what was written: the boot image, the
// overlay, the prepared block and the blocks that this depends on, and each file that is booted
// (stage2/record/record.h). It is 64 bits:
//
//     parity:   the exclusive or of all 32-bit words w
//     weighted: the sum of w(i) x^(n-1-i) in GF(2^32), with CRC-32's polynomial, whose x has the
//               order 2^32 - 1
//
// This is the Reed-Solomon code of RAID 6. For the same number of words, up to 2^32 - 1, it always
// detects
// - each change of one or two words, whatever their bits, so each burst of up to 33 bits;
// - each change of an odd number of bits, by the parity.
// So its Hamming distance is 4, as CRC-32C's at these lengths. It costs some seven instructions a
// word and no table. A sum modulo 2^32 detects less: bit 31 of two words cancels. Other changes go
// undetected with a probability of 2^-64. It is no protection against data made to match.
//
// Pure. boot/bios/image_dma.asm has the same in assembly.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sum {
    uint32_t parity, weighted;
};
_Static_assert(sizeof(struct sum) == 8, "the same where it is written and where it is read");

/* The sum of no words. It is not 0, so that zeros do not have the sum 0. */
#define SUM_OF_NOTHING ((struct sum){UINT32_MAX, UINT32_MAX})

/* Adds little-endian 32-bit words, at any address. count: even. */
void sum_add(struct sum *sum, const void *words, size_t count);

/* Adds bytes, as words: the last ones are filled up with zeros to SUM_UNIT_BYTES. */
enum { SUM_UNIT_BYTES = 2 * sizeof(uint32_t) };
void sum_add_bytes(struct sum *sum, const void *bytes, size_t length);

static inline bool sum_equals(const struct sum *one, const struct sum *other)
{
    return ((one->parity ^ other->parity) | (one->weighted ^ other->weighted)) == 0;
}
