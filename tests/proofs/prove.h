// SPDX-License-Identifier: BSD-2-Clause
// What every proof has: any values within bounds, and what stands in the place of functions that a
// proof does not follow. Read by Frama-C only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "__fc_builtin.h"
#include "loader/arena.h"
#include "loader/bytes.h"
#include "loader/error.h"

/* gcc's functions for unsigned numbers of one type, as C. */
#define __builtin_add_overflow(a, b, sum) (*(sum) = (a) + (b), *(sum) < (a))
#define __builtin_mul_overflow(a, b, product)                                                      \
    (*(product) = (a) * (b), (a) != 0 && *(product) / (a) != (b))
#define __builtin_bswap32(x)                                                                       \
    ((uint32_t)(x) >> 24 | ((uint32_t)(x) >> 8 & 0xff00) | ((uint32_t)(x) << 8 & 0xff0000) |       \
     (uint32_t)(x) << 24)
#define __builtin_ctz(x) Frama_C_interval(0, 31)

/* The compilers check _Static_assert. */
#define _Static_assert(condition, text)

#define _Alignof(type) 4

static inline size_t any_size(size_t least, size_t most)
{
    return (size_t)Frama_C_unsigned_int_interval((unsigned)least, (unsigned)most);
}

static inline uint32_t any_32(void)
{
    return Frama_C_unsigned_int_interval(0, UINT32_MAX);
}

static inline uint64_t any_64(void)
{
    return (uint64_t)any_32() << 32 | any_32();
}

#define ANY(variable) Frama_C_make_unknown((char *)&(variable), sizeof(variable))

/* The message is any text: fuzz_config and the unit tests format texts. */
bool fail(struct error *error, const char *format, ...)
{
    (void)format;
    ANY(error->message);
    error->message[sizeof error->message - 1] = 0;
    return false;
}

bool fail_in(struct error *error, const char *format, ...)
{
    (void)format;
    ANY(error->message);
    error->message[sizeof error->message - 1] = 0;
    return false;
}

/* Each allocation is a block of its own, so an access after its end is an alarm. */
void *arena_allocate(struct arena *arena, size_t size, size_t alignment)
{
    (void)arena;
    (void)alignment;
    uint8_t *block = Frama_C_interval(0, 1) != 0 ? malloc(size) : NULL;
    if (block != NULL) {
        memset(block, 0, size);
    }
    return block;
}

void *arena_array(struct arena *arena, size_t count, size_t size, size_t alignment)
{
    return arena_allocate(arena, count * size, alignment);
}

/* Any bytes of just this size: an access after the last one is an alarm. */
static inline struct bytes any_bytes(size_t size)
{
    uint8_t *data = calloc(1, size);
    if (size != 0) {
        Frama_C_make_unknown((char *)data, size);
    }
    return (struct bytes){data, size};
}
