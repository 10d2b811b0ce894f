// SPDX-License-Identifier: BSD-2-Clause
// The only allocator: a block of known size that is used from its start upwards. Pieces are never
// freed one by one.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct arena {
    uint8_t *base;
    size_t size;
    size_t used;
};

/* Returns size zeroed bytes, aligned to a power of two; NULL if the arena has no room. The caller
   reports the error: it knows what the memory was for. */
void *arena_allocate(struct arena *arena, size_t size, size_t alignment);

/* Returns a zeroed array; NULL if the arena has no room or count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size, size_t alignment);

/* Returns a copy of length bytes with a NUL added; NULL if the arena has no room. */
char *arena_text(struct arena *arena, const char *text, size_t length);

#define ARENA_NEW(arena, type) ((type *)arena_allocate((arena), sizeof(type), _Alignof(type)))
#define ARENA_ARRAY(arena, n, type)                                                                \
    ((type *)arena_array((arena), (n), sizeof(type), _Alignof(type)))
