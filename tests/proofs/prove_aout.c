// SPDX-License-Identifier: BSD-2-Clause
// The symbols of a.out files (loader/aout.overlay.c): up to 40 first bytes, a file of any size.
#include "tests/proofs/prove.h"

#include "loader/aout.overlay.c"

enum { MOST_BYTES = AOUT_HEADER_BYTES + 8 };

int main(void)
{
    struct aout_symbols symbols;
    for (size_t size = 0; size <= MOST_BYTES; size++) {
        struct bytes start = any_bytes(size);
        for (unsigned n = 0; n < AOUT_TEXT_OFFSETS; n++) {
            aout_find_symbols(start, any_64(), n, &symbols);
        }
    }
    return 0;
}
