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

struct file; /* whoever reads files knows what it is (stage2/file.h) */

enum { PLACEMENT_NAME_SIZE = 96 };

struct piece {
    char name[PLACEMENT_NAME_SIZE]; /* for messages: "segment 1 of /boot/kernel" */
    uint32_t address;               /* physical, at the kernel's entry */
    uint32_t length;                /* bytes from the source … */
    uint32_t zero_length;           /* … and zeros behind them */
    uint32_t load_address;          /* where the bytes stand until the jump: address, or a stage */
    const struct file *file;        /* source: file from file_offset on, … */
    uint64_t file_offset;
    const uint8_t *memory; /* … or, when file is NULL, memory */
};

struct placement {
    const struct memory_map *map; /* normalised */
    struct piece *pieces;         /* in no order */
    size_t count;
    size_t capacity;
    uint32_t kernel_end; /* behind the last byte of the image */
};

/* An empty placement with room for capacity pieces; false: the arena is full. */
bool placement_start(struct placement *placement, size_t capacity, const struct memory_map *map,
                     struct arena *arena, struct error *error);

/* Adds a piece that must stand at piece->address. False, naming both sides of the conflict: no RAM
   there, or another piece. Pieces of no length stand anywhere. */
bool placement_add_at(struct placement *placement, const struct piece *piece, struct error *error);

/* Adds every segment of an image; path names the kernel in messages. */
bool placement_add_image(struct placement *placement, const struct image *image,
                         const struct file *file, const char *path, struct error *error);

/* The lowest free place of length bytes, aligned (a power of two), wholly inside [lowest, limit);
   free: RAM that no piece claims. False: there is none. */
bool placement_find(const struct placement *placement, uint64_t length, uint32_t alignment,
                    uint64_t lowest, uint64_t limit, uint32_t *address);

/* Adds a piece at the lowest free place from lowest upwards; sets piece->address. */
bool placement_add_above(struct placement *placement, struct piece *piece, uint32_t alignment,
                         uint64_t lowest, struct error *error);

/* Gives every piece that touches one of the ranges in use a load_address outside all of them and
   of every piece, so that nothing in use is overwritten before the jump. Memory that is itself a
   source and stands where a piece goes is the caller's to name in ranges. */
bool placement_stage(struct placement *placement, const struct memory_range *in_use,
                     size_t in_use_count, struct error *error);
