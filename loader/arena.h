// SPDX-License-Identifier: BSD-2-Clause
// The one way to get memory: a block of known size that is used from its start upwards and never
// given back piece by piece.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct arena {
    uint8_t *base;
    size_t size;
    size_t used;
};

/* Zeroed memory, aligned to a power of two; NULL when the arena has no room. The caller says what
   it was for. */
void *arena_allocate(struct arena *arena, size_t size, size_t alignment);

/* A zeroed array; NULL too when count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size, size_t alignment);

/* A copy of length bytes with a NUL behind; NULL when the arena has no room. */
char *arena_text(struct arena *arena, const char *text, size_t length);

#define ARENA_NEW(arena, type) ((type *)arena_allocate((arena), sizeof(type), _Alignof(type)))
#define ARENA_ARRAY(arena, n, type)                                                                \
    ((type *)arena_array((arena), (n), sizeof(type), _Alignof(type)))
