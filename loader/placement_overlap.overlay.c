// SPDX-License-Identifier: BSD-2-Clause
// See placement.h: for files that are in memory before they are loaded.
#include "loader/placement.h"

static bool overlap(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length)
{
    return a < b + b_length && b < a + a_length && a_length != 0 && b_length != 0;
}

/* Whether the index-th piece, loaded at its address, would overwrite pending bytes of itself or of
   a later piece. A copy downwards starts with its first byte, so it does not harm itself. */
static bool clobbers_pending(const struct placement *placement, size_t index)
{
    const struct piece *piece = &placement->pieces[index];
    size_t first = piece->address <= piece->pending_at ? index + 1 : index;
    for (size_t i = first; i < placement->count; i++) {
        const struct piece *later = &placement->pieces[i];
        if (later->pending_at != 0 &&
            overlap(piece->address, (uint64_t)piece->length + piece->zero_length, later->pending_at,
                    later->length)) {
            return true;
        }
    }
    return false;
}

bool placement_mark_clobbers(struct placement *placement)
{
    bool any_is_pending = false;
    for (size_t i = 0; i < placement->count; i++) {
        struct piece *piece = &placement->pieces[i];
        piece->clobbers_pending = clobbers_pending(placement, i);
        any_is_pending |= piece->clobbers_pending && piece->pending_at != 0;
    }
    return any_is_pending;
}
