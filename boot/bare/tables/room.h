// SPDX-License-Identifier: BSD-2-Clause
// A piece of memory from which the firmware's tables take their places, from its end downwards.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct room {
    uint32_t start, end; /* physical; the free part */
};

/* Takes size bytes, at least 1, aligned to a power of two. Returns their address; 0: the room is
   too small. A room that starts at 0 does not give that address. */
uint32_t room_take(struct room *room, uint32_t size, uint32_t alignment);
