// SPDX-License-Identifier: BSD-2-Clause
// Where everything goes: the list of pieces that must stand in memory when the kernel starts, each
// with its source and its final physical address. Plain data; checked for RAM underneath and for
// overlap before the first byte is moved.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/error.h"
#include "loader/image.h"
#include "loader/memory_map.h"

struct file; /* whoever reads files knows what it is (stage2/fs/file.h) */

enum { PIECE_NAME_BYTES = 32, PIECE_UNNUMBERED = -1 };

#define PLACEMENT_LIMIT UINT32_MAX /* what ends here ends at an address of 32 bits, too */

struct piece {
    const char *kind;        /* for messages, which name it by piece_name(): "segment" … */
    int32_t number;          /* … 1, or PIECE_UNNUMBERED */
    uint32_t address;        /* physical, at the kernel's entry */
    uint32_t length;         /* bytes from the source … */
    uint32_t zero_length;    /* … and zeros behind them */
    uint32_t load_address;   /* where the bytes stand until the jump: address, or a stage */
    uint32_t pending_at;     /* where its bytes are in memory already; 0: in none */
    bool clobbers_pending;   /* placement_mark_clobbers() */
    const struct file *file; /* source; NULL: written when all is loaded */
    uint64_t file_offset;    /* in it */
};

struct placement {
    const struct memory_map *map; /* normalised */
    struct piece *pieces;         /* in the order in which they were added */
    size_t count;
    size_t capacity;
};

/* Writes a piece's name, and returns it. */
const char *piece_name(const struct piece *piece, char name[PIECE_NAME_BYTES]);

/* An empty placement with room for capacity pieces; false: the arena is full. */
bool placement_start(struct placement *placement, size_t capacity, const struct memory_map *map,
                     struct arena *arena, struct error *error);

/* Adds a piece that must stand at piece->address. False, naming both sides of the conflict: no RAM
   there, or another piece. */
bool placement_add_at(struct placement *placement, const struct piece *piece, struct error *error);

/* Adds every segment of an image, which comes from file. */
bool placement_add_image(struct placement *placement, const struct image *image,
                         const struct file *file, struct error *error);

/* Behind the last byte of the pieces so far. */
uint64_t placement_end(const struct placement *placement);

/* The lowest free place of length bytes, aligned (a power of two), wholly inside [lowest, limit),
   limit at most PLACEMENT_LIMIT; free: RAM that no piece claims. False: there is none. */
bool placement_find(const struct placement *placement, uint64_t length, uint32_t alignment,
                    uint64_t lowest, uint64_t limit, uint32_t *address);

/* The highest place of length bytes in RAM, where there is no piece yet, aligned and inside
   [lowest, limit). */
bool placement_find_high(const struct memory_map *map, uint32_t length, uint32_t alignment,
                         uint32_t lowest, uint32_t limit, uint32_t *address);

/* Adds a piece at the lowest free place from lowest upwards; sets piece->address. */
bool placement_add_above(struct placement *placement, struct piece *piece, uint32_t alignment,
                         uint64_t lowest, struct error *error);

/* Gives every piece that touches one of the first ranges in use, as many as stay in use up to the
   jump, or that spoils others, a load_address outside all ranges in use and every piece. in_use has
   room for one more range per piece: the stages are entered there, *in_use_count grows. */
bool placement_assign_load_addresses(struct placement *placement, struct memory_range *in_use,
                                     size_t staying, size_t *in_use_count, struct error *error);

/* Before that, where pieces wait in memory: marks those that would overwrite at their place what
   waits for themselves or for a later piece, as the pieces are loaded in their order. Whether one
   of them waits itself. */
bool placement_mark_clobbers(struct placement *placement);

/* The lowest free place from lowest upwards that is outside the ranges in use as well. */
bool placement_find_unused(const struct placement *placement, const struct memory_range *in_use,
                           size_t in_use_count, uint64_t length, uint32_t alignment,
                           uint64_t lowest, uint32_t *address);
