// SPDX-License-Identifier: BSD-2-Clause
// See placement.h: for files that are in memory before they are loaded.
#include "loader/placement.h"

static bool overlap(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length)
{
    return a < b + b_length && b < a + a_length && a_length != 0 && b_length != 0;
}

/* Whether the index-th piece would overwrite, at its place, bytes that wait for it or a later one.
   What is copied down, from its first byte on, does not spoil itself. */
static bool spoils(const struct placement *placement, size_t index)
{
    const struct piece *piece = &placement->pieces[index];
    size_t first = piece->address <= piece->waits_at ? index + 1 : index;
    for (size_t i = first; i < placement->count; i++) {
        const struct piece *later = &placement->pieces[i];
        if (later->waits_at != 0 &&
            overlap(piece->address, (uint64_t)piece->length + piece->zero_length, later->waits_at,
                    later->length)) {
            return true;
        }
    }
    return false;
}

bool placement_mark_spoilers(struct placement *placement)
{
    bool any_waits_too = false;
    for (size_t i = 0; i < placement->count; i++) {
        struct piece *piece = &placement->pieces[i];
        piece->spoils = spoils(placement, i);
        any_waits_too |= piece->spoils && piece->waits_at != 0;
    }
    return any_waits_too;
}
