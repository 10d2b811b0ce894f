// SPDX-License-Identifier: BSD-2-Clause
// Placement arithmetic (loader/placement.c): up to two pieces of any address and length, and one
// more, in any map of two ranges and beside two ranges in use.
#include "tests/proofs/prove.h"

#define KIB MAP_KIB /* both files have these */
#define MIB MAP_MIB
#include "loader/memory_map.c"
#undef KIB
#undef MIB
#include "loader/placement.c"

enum { MAP_RANGES = 2, MOST_PIECES = 2, IN_USE = 2 };

size_t format_text(char *text, size_t size, const char *format, ...)
{
    (void)format;
    Frama_C_make_unknown(text, size);
    text[size - 1] = 0;
    return any_size(0, size);
}

static struct piece any_piece(void)
{
    struct piece piece = {.kind = "segment", .number = PIECE_UNNUMBERED};
    piece.address = any_32();
    piece.length = any_32();
    piece.zero_length = any_32();
    piece.load_address = any_32();
    piece.pending_at = any_32();
    return piece;
}

int main(void)
{
    struct memory_range ranges[MAP_RANGES], in_use[IN_USE + MOST_PIECES] = {0};
    struct memory_map map = {ranges, MAP_RANGES, MAP_RANGES};
    struct piece pieces[MOST_PIECES + 1] = {any_piece(), any_piece()};
    struct placement placement = {&map, &map, pieces, 0, MOST_PIECES + 1};
    struct piece piece = any_piece();
    struct error error;
    uint32_t address = 0;
    ANY(ranges);
    for (size_t i = 0; i < IN_USE; i++) {
        in_use[i].address = any_64();
        in_use[i].length = any_64();
    }
    for (size_t count = 0; count <= MOST_PIECES; count++) {
        size_t in_use_count = IN_USE;
        placement.count = count;
        placement_end(&placement);
        placement_find(&placement, any_64(), 4096, any_64(), PLACEMENT_LIMIT, &address);
        placement_find_unused(&placement, in_use, IN_USE, any_64(), 16, any_64(), &address);
        placement_assign_load_addresses(&placement, in_use, IN_USE, &in_use_count, &error);
        placement.count = count;
        placement_add_at(&placement, &piece, &error);
        placement.count = count;
        placement_add_above(&placement, &piece, 4096, any_64(), &error);
    }
    return 0;
}
