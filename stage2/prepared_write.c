// SPDX-License-Identifier: BSD-2-Clause
// See prepared.h: the tool's side of prepared_plan().
#include "stage2/prepared.h"

#include <string.h>

/* Index in the block. */
static uint32_t file_of(const struct plan *plan, const struct piece *piece)
{
    return piece->file == &plan->kernel ? 0 : (uint32_t)(piece->file - plan->modules) + 1;
}

/* Puts the pieces behind the ranges; whether prepared_plan() holds for them. */
static bool write_pieces(union prepared_block *block, const struct plan *plan)
{
    struct prepared *prepared = &block->prepared;
    const struct placement *placement = &plan->placement;
    prepared->piece_count = 0;
    prepared->end = PLAN_MODULES_LOWEST;
    for (size_t i = 0; i < placement->count; i++) {
        const struct piece *piece = &placement->pieces[i];
        struct prepared_piece *to = prepared_pieces(block) + prepared->piece_count;
        if (i == plan->information_piece) {
            continue;
        }
        uint64_t length = (uint64_t)piece->length + piece->zero_length;
        uint64_t end = piece->address + (length != 0 ? length : 1); /* is in RAM as well */
        if (piece->address < PLAN_MODULES_LOWEST || end > UINT32_MAX ||
            piece->file_offset > UINT32_MAX || prepared->piece_count == UINT8_MAX ||
            (const uint8_t *)(to + 1) > block->bytes + sizeof *block) {
            return false;
        }
        *to = (struct prepared_piece){piece->address, piece->length, piece->zero_length,
                                      (uint32_t)piece->file_offset, file_of(plan, piece)};
        prepared->end = end > prepared->end ? (uint32_t)end : prepared->end;
        prepared->piece_count++;
    }
    return true;
}

bool prepared_write_plan(union prepared_block *block, const struct plan *plan)
{
    const struct boot_sections *sections = &plan->information.sections;
    struct prepared *prepared = &block->prepared;
    if (plan->protocol != CONFIG_MULTIBOOT1 || plan->video.is_made || plan->headers.has_symbols ||
        plan->information_address != PLAN_INFORMATION_LOWEST || sections->num > UINT16_MAX ||
        sections->shndx > UINT16_MAX || sections->size > UINT8_MAX || !write_pieces(block, plan)) {
        return false;
    }
    size_t bytes = (size_t)sections->num * sections->size;
    uint8_t *headers = prepared_section_headers(block);
    if (bytes > (size_t)(block->bytes + sizeof *block - headers)) {
        return false;
    }
    if (bytes != 0) {
        memcpy(headers, sections->headers, bytes);
        prepared->section_header_count = (uint16_t)sections->num;
        prepared->section_header_size = (uint8_t)sections->size;
        prepared->section_names_index = (uint16_t)sections->shndx;
    }
    prepared->entry = plan->entry;
    return true;
}
