// SPDX-License-Identifier: BSD-2-Clause
// See tell_overwritten.h.
#include "stage2/boot/tell_overwritten.h"

#include "stage2/console/console.h"

void tell_overwritten(const struct plan *plan)
{
    const struct placement *placement = &plan->placement;
    for (size_t i = 0; i < placement->count; i++) {
        const struct piece *piece = &placement->pieces[i];
        uint64_t length = (uint64_t)piece->length + piece->zero_length;
        char name[PIECE_NAME_BYTES];
        struct memory_range kept;
        if (!memory_map_available(placement->map, piece->address, length, &kept)) {
            console_print("whelk: %s: %s overwrites the firmware's memory from 0x%llx on: the "
                          "machine cannot sleep\n",
                          plan->kernel.path, piece_name(piece, name),
                          (unsigned long long)kept.address);
        }
    }
}
