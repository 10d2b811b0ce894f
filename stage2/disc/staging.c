// SPDX-License-Identifier: BSD-2-Clause
// See staging.h.
#include "stage2/disc/staging.h"

enum { ALIGNMENT = 4096 };

static struct {
    uint32_t bottom;
    uint32_t top;    /* end of what is in use; 0: not started */
    uint32_t lowest; /* start of what is in use */
} staging;

void staging_start(struct memory_range range)
{
    staging.bottom = (uint32_t)range.address;
    staging.top = staging.lowest = (uint32_t)(range.address + range.length);
}

bool staging_is_started(void)
{
    return staging.top != 0;
}

void staging_give_up(void)
{
    staging.top = staging.lowest;
}

uint8_t *staging_allocate(size_t length)
{
    if (length > staging_free()) {
        return NULL;
    }
    staging.lowest = (staging.lowest - (uint32_t)length) & ~(uint32_t)(ALIGNMENT - 1);
    return (uint8_t *)(uintptr_t)staging.lowest;
}

size_t staging_mark(void)
{
    return staging.lowest;
}

void staging_reset(size_t mark)
{
    staging.lowest = (uint32_t)mark;
}

void staging_end(void)
{
    staging.bottom = staging.lowest;
}

size_t staging_free(void)
{
    uint32_t room = staging.lowest - staging.bottom;
    return room > ALIGNMENT ? room - ALIGNMENT : 0;
}

struct memory_range staging_in_use(void)
{
    return (struct memory_range){staging.lowest, staging.top - staging.lowest, 0};
}
