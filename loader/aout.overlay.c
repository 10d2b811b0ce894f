// SPDX-License-Identifier: BSD-2-Clause
// See aout.h.
#include "loader/aout.h"

enum {
    A_TEXT = 4, /* offsets */
    A_DATA = 8,
    A_TRSIZE = 24,
    A_DRSIZE = 28,
};

/* The text starts right after the header; after a block of 1 KiB (Linux); after a page (FreeBSD);
   with the header (NetBSD, QMAGIC). */
static const uint16_t text_offsets[AOUT_TEXT_OFFSETS] = {AOUT_HEADER_BYTES, 1024, 4096, 0};

bool aout_find_symbols(struct bytes start, uint64_t file_size, unsigned n,
                       struct aout_symbols *symbols)
{
    const uint8_t *exec = start.data;
    if (!aout_has_symbols(start)) {
        return false;
    }
    uint64_t offset = (uint64_t)text_offsets[n] + load32(exec + A_TEXT) + load32(exec + A_DATA) +
                      load32(exec + A_TRSIZE) + load32(exec + A_DRSIZE);
    uint64_t strings = offset + load32(exec + AOUT_A_SYMS);
    if (offset < AOUT_HEADER_BYTES || strings > file_size || file_size > UINT32_MAX) {
        return false;
    }
    *symbols = (struct aout_symbols){(uint32_t)offset, load32(exec + AOUT_A_SYMS),
                                     (uint32_t)(file_size - strings)};
    return symbols->string_bytes >= sizeof(uint32_t);
}
