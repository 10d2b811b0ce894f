// SPDX-License-Identifier: BSD-2-Clause
// See room.h.
#include "boot/bare/tables/room.h"

uint32_t room_take(struct room *room, uint32_t size, uint32_t alignment)
{
    if (size > room->end) {
        return 0;
    }
    uint32_t address = (room->end - size) & ~(alignment - 1);
    if (address < room->start) {
        return 0;
    }
    room->end = address;
    return address;
}
