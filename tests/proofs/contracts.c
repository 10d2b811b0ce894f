// SPDX-License-Identifier: BSD-2-Clause
// Contracts in ACSL for the functions on which the checks of ranges rest. The contracts count
// without overflow (integer), the code in 64 bits. WP proves them for all values.
#include "loader/memory_map.h"
#include "loader/placement.h"

/*@ assigns \nothing;
    ensures \result <==> (integer)offset + (integer)length <= (integer)size; */
static inline bool range_within(uint64_t offset, uint64_t length, uint64_t size);

/* For pieces and ranges of RAM, whose ends have 63 bits at most. */
/*@ requires a <= 0x3fffffffffffffff && a_length <= 0x3fffffffffffffff;
    requires b <= 0x3fffffffffffffff && b_length <= 0x3fffffffffffffff;
    assigns \nothing;
    ensures \result <==> (a_length > 0 && b_length > 0 &&
                          (integer)a < (integer)b + (integer)b_length &&
                          (integer)b < (integer)a + (integer)a_length); */
static bool overlap(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length);

/*@ requires \valid_read(range);
    assigns \nothing;
    ensures (integer)range->address + (integer)range->length <= 0xffffffffffffffff ==>
            \result == (integer)range->address + (integer)range->length;
    ensures \result >= range->address; */
static uint64_t end_of(const struct memory_range *range);

#include "tests/proofs/prove.h"

#define KIB MAP_KIB /* both files have these */
#define MIB MAP_MIB
#include "loader/memory_map.c"
#undef KIB
#undef MIB
#include "loader/placement.c"
