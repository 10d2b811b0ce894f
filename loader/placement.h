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

struct file; /* opaque here; see stage2/fs/file.h */

enum { PIECE_NAME_BYTES = 32, PIECE_UNNUMBERED = -1 };

#define PLACEMENT_LIMIT UINT32_MAX /* the highest end of a piece */

struct piece {
    const char *kind;        /* for messages: "segment", "module" … */
    int32_t number;          /* for messages: which of its kind, or PIECE_UNNUMBERED */
    uint32_t address;        /* physical, at the kernel's entry */
    uint32_t length;         /* bytes from the source */
    uint32_t zero_length;    /* bytes of zeros after them */
    uint32_t load_address;   /* where the bytes are until the jump: at address, or elsewhere */
    uint32_t pending_at;     /* where its bytes are in memory already; 0: they are not */
    bool clobbers_pending;   /* see placement_mark_clobbers() */
    const struct file *file; /* source; NULL: the loader itself, after all files */
    uint64_t file_offset;    /* of the first byte in file */
};

struct placement {
    const struct memory_map *map; /* normalised */
    /* For pieces that must be at their address; normalised. It may have more RAM: memory that is
       free at the jump, but better left alone. placement_start() sets it to map. */
    const struct memory_map *fixed_map;
    struct piece *pieces; /* in the order in which they were added */
    size_t count;
    size_t capacity;
};

/* Writes a piece's name for messages ("segment 1") to name, and returns it. */
const char *piece_name(const struct piece *piece, char name[PIECE_NAME_BYTES]);

/* An empty placement with room for capacity pieces; false: the arena is full. */
bool placement_start(struct placement *placement, size_t capacity, const struct memory_map *map,
                     struct arena *arena, struct error *error);

/* Adds a piece that must be at piece->address. False with a message that names both sides of the
   conflict: no RAM there, or another piece. */
bool placement_add_at(struct placement *placement, const struct piece *piece, struct error *error);

/* Adds every segment of an image, which comes from file. */
bool placement_add_image(struct placement *placement, const struct image *image,
                         const struct file *file, struct error *error);

/* The address after the highest byte of the pieces so far; 0: no pieces. */
uint64_t placement_end(const struct placement *placement);

/* Finds the lowest free place of length bytes within [lowest, limit). Free is RAM that no piece
   claims. alignment is a power of two, limit at most PLACEMENT_LIMIT. False: there is none. */
bool placement_find(const struct placement *placement, uint64_t length, uint32_t alignment,
                    uint64_t lowest, uint64_t limit, uint32_t *address);

/* Finds the highest place of length bytes in RAM within [lowest, limit). alignment is a power of
   two. For use before there are pieces. False: there is none. */
bool placement_find_high(const struct memory_map *map, uint32_t length, uint32_t alignment,
                         uint32_t lowest, uint32_t limit, uint32_t *address);

/* Adds a piece at the lowest free place from lowest upwards and sets piece->address. False with a
   message: there is none. */
bool placement_add_above(struct placement *placement, struct piece *piece, uint32_t alignment,
                         uint64_t lowest, struct error *error);

/* Gives a temporary load_address to each piece that has clobbers_pending set or that overlaps one
   of the first staying ranges of in_use, which are in use up to the jump. The temporary places lie
   outside all ranges in use and all pieces. They are added to in_use, which has room for one more
   range per piece, and counted in *in_use_count. False with a message: there is no place. */
bool placement_assign_load_addresses(struct placement *placement, struct memory_range *in_use,
                                     size_t staying, size_t *in_use_count, struct error *error);

/* Call before placement_assign_load_addresses() if the bytes of a piece are pending, that is, in
   memory already. Sets clobbers_pending of each piece that would overwrite, at its address, pending
   bytes of itself or of a piece that is loaded after it. Returns whether the bytes of a marked
   piece are pending themselves. */
bool placement_mark_clobbers(struct placement *placement);

/* placement_find() from lowest up to PLACEMENT_LIMIT, outside the ranges in use as well. */
bool placement_find_unused(const struct placement *placement, const struct memory_range *in_use,
                           size_t in_use_count, uint64_t length, uint32_t alignment,
                           uint64_t lowest, uint32_t *address);
