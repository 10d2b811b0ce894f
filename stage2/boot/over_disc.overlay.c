// SPDX-License-Identifier: BSD-2-Clause
// See over_disc.h.
#include "stage2/boot/over_disc.h"

#include "stage2/firmware.h"
#include "stage2/fs/file.h"

enum { SECTOR = ISO9660_SECTOR_SIZE };

/* The address of a piece's first byte on the disc; 0: it is not in one place in memory. */
static uint32_t find_on_disc(const struct piece *piece)
{
    const struct iso9660_extent *extent = piece->file->on_disc.extents;
    if (piece->file->contents != NULL || piece->file->on_disc.extent_count != 1) {
        return 0;
    }
    struct bytes bytes = firmware_disc_bytes(extent->lba);
    return range_within(piece->file_offset, piece->length, bytes.size)
               ? (uint32_t)(uintptr_t)bytes.data + (uint32_t)piece->file_offset
               : 0;
}

bool over_disc_mark_pending(struct plan *plan)
{
    struct placement *placement = &plan->placement;
    for (size_t i = 0; i < placement->count; i++) {
        struct piece *piece = &placement->pieces[i];
        piece->load_address = piece->address;
        if (piece->file == NULL || piece->length == 0) {
            continue;
        }
        piece->pending_at = find_on_disc(piece);
        if (piece->pending_at == 0) {
            return false;
        }
    }
    placement_mark_clobbers(placement);
    return true;
}
