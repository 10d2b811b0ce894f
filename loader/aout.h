// SPDX-License-Identifier: BSD-2-Clause
// The symbols of a.out executables (a.out(5)). Multiboot's address fields say how such a kernel is
// loaded, but not where its symbols are. Field names are those of struct exec.
#pragma once

#include "loader/bytes.h"

enum {
    AOUT_HEADER_BYTES = 32,
    AOUT_A_SYMS = 16, /* offset */
    AOUT_OMAGIC = 0407,
    AOUT_NMAGIC = 0410,
    AOUT_ZMAGIC = 0413,
    AOUT_QMAGIC = 0314,

    /* Where the text starts in the file differs between systems that use the same number. */
    AOUT_TEXT_OFFSETS = 4,
};

struct aout_symbols {
    uint32_t file_offset; /* of the table; the strings follow it */
    uint32_t table_bytes;
    uint32_t string_bytes; /* must be the number that the strings start with */
};

static inline bool aout_is_magic(uint32_t number)
{
    return number == AOUT_OMAGIC || number == AOUT_NMAGIC || number == AOUT_ZMAGIC ||
           number == AOUT_QMAGIC;
}

/* Whether these first bytes of a file look like an a.out executable with symbols. NetBSD stores the
   magic number in big-endian order. */
static inline bool aout_has_symbols(struct bytes start)
{
    const uint8_t *exec = start.data;
    return start.size >= AOUT_HEADER_BYTES && load32(exec + AOUT_A_SYMS) != 0 &&
           (aout_is_magic(load16(exec)) || aout_is_magic((uint32_t)exec[2] << 8 | exec[3]));
}

/* Finds the symbols of the executable with these first bytes, if its text starts at the n-th of the
   usual offsets (n < AOUT_TEXT_OFFSETS) and the strings end the file. False: no symbols there, or
   not an a.out file. */
bool aout_find_symbols(struct bytes start, uint64_t file_size, unsigned n,
                       struct aout_symbols *symbols);
