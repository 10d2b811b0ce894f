// SPDX-License-Identifier: BSD-2-Clause
// See prepared.h: the tool's side of a plan.
#include "stage2/prepared/prepared.h"

#include <string.h>

#define MOST_END 0xc0000000u /* few PCs have RAM between this and 4 GiB */

/* The index of the piece's file in the block. */
static uint32_t file_of(const struct plan *plan, const struct piece *piece)
{
    return piece->file == &plan->kernel ? 0 : (uint32_t)(piece->file - plan->modules) + 1;
}

/* Appends a piece to the block. False: no room, or not a piece that prepared_plan() accepts. */
static bool write_piece(union prepared_block *block, const struct plan *plan,
                        const struct piece *piece)
{
    struct prepared *prepared = &block->prepared;
    struct prepared_piece *to = prepared_pieces(block) + prepared->piece_count;
    uint64_t length = (uint64_t)piece->length + piece->zero_length;
    uint64_t end = piece->address + (length != 0 ? length : 1); /* an empty one is in RAM, too */
    if (piece->address < PLAN_MODULES_LOWEST || end > MOST_END || piece->file_offset > UINT32_MAX ||
        prepared->piece_count == UINT8_MAX ||
        (const uint8_t *)(to + 1) > block->bytes + sizeof *block) {
        return false;
    }
    *to = (struct prepared_piece){piece->address,       piece->length,
                                  piece->zero_length,   (uint32_t)piece->file_offset,
                                  file_of(plan, piece), {0, 0}};
    prepared->end = end > prepared->end ? (uint32_t)end : prepared->end;
    prepared->piece_count++;
    return true;
}

static bool write_pieces(union prepared_block *block, struct plan *plan)
{
    const struct placement *placement = &plan->placement;
    bool done = true;
    plan_longest_first(plan);
    block->prepared.piece_count = 0;
    block->prepared.end = PLAN_MODULES_LOWEST;
    for (size_t i = 0; done && i < placement->count; i++) {
        done = i == plan->information_piece || write_piece(block, plan, &placement->pieces[i]);
    }
    return done && block->prepared.piece_count != 0;
}

bool prepared_write_plan(union prepared_block *block, struct plan *plan)
{
    const struct boot_information *information = &plan->information;
    struct prepared *prepared = &block->prepared;
    bool is_pvh = plan->protocol == CONFIG_PVH;
    if (plan->protocol == CONFIG_MULTIBOOT2 || plan->note != NULL || plan->video.is_made ||
        plan->headers.has_symbols || plan->information_address != PLAN_INFORMATION_LOWEST ||
        information->map->count > MULTIBOOT1_USUAL_RANGES || !write_pieces(block, plan)) {
        return false;
    }
    uint8_t *to = prepared_information(block);
    uint32_t bytes = is_pvh ? (uint32_t)pvh_information_size(information)
                            : multiboot1_machine_offset(information);
    if (bytes > (size_t)(block->bytes + sizeof *block - to)) {
        return false;
    }
    memset(to, 0, bytes);
    (is_pvh ? pvh_write_boot : multiboot1_write_boot)(information, to, plan->information_address);
    prepared->information_bytes = (uint16_t)bytes; /* less than a block */
    prepared->entry = plan->entry;
    return true;
}
