// SPDX-License-Identifier: BSD-2-Clause
// Some firmware says that it has read, and has not: iPXE's INT 13h "reads" 256 blocks and leaves
// the buffer as it was. So each sector's last word is overwritten before a read, and must have
// changed afterwards. A sector may end with just this word: read again with another, it is seen to
// be whole.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A word for the next read, unlike those of the reads before. */
static inline uint32_t next_poison(uint32_t *poison)
{
    return *poison += 0x9e3779b9;
}

static inline uint8_t *last_word(uint8_t *buffer, uint32_t sector, uint32_t sector_bytes)
{
    return buffer + (size_t)(sector + 1) * sector_bytes - sizeof(uint32_t);
}

static inline void poison_sectors(uint8_t *buffer, uint32_t count, uint32_t sector_bytes,
                                  uint32_t poison)
{
    for (uint32_t i = 0; i < count; i++) {
        memcpy(last_word(buffer, i, sector_bytes), &poison, sizeof poison);
    }
}

/* Whether all sectors have come. */
static inline bool have_come(uint8_t *buffer, uint32_t count, uint32_t sector_bytes,
                             uint32_t poison)
{
    for (uint32_t i = 0; i < count; i++) {
        if (memcmp(last_word(buffer, i, sector_bytes), &poison, sizeof poison) == 0) {
            return false;
        }
    }
    return true;
}
