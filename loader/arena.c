// SPDX-License-Identifier: BSD-2-Clause
// See arena.h.
#include "loader/arena.h"

#include <string.h>

void *arena_allocate(struct arena *arena, size_t size, size_t alignment)
{
    uintptr_t top = (uintptr_t)arena->base + arena->used;
    size_t padding = (size_t)(-top & (alignment - 1));
    size_t room = arena->size - arena->used;
    if (padding > room || size > room - padding) {
        return NULL;
    }
    void *block = arena->base + arena->used + padding;
    arena->used += padding + size;
    return memset(block, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size, size_t alignment)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        return NULL;
    }
    return arena_allocate(arena, total, alignment);
}

char *arena_text(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_allocate(arena, length + 1, 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
    }
    return copy;
}
