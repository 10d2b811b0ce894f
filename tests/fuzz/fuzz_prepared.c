// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as the block that the tool has prepared: nothing outside of it is read, and what comes
// out has its texts ended.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/prepared.h"

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* The plan overwrites nothing but RAM that it tells (high_end), and the information's. */
static void check_plan(union prepared_block *block, struct arena *arena)
{
    struct memory_range ranges[] = {{0, 0x9fc00, MEMORY_AVAILABLE},
                                    {0x100000, 0x10000000, MEMORY_AVAILABLE}};
    const struct memory_map map = {ranges, 2, 2};
    struct plan plan;
    if (!prepared_plan(block, &map, &plan, arena)) {
        return;
    }
    for (size_t i = 0; i < plan.placement.count; i++) {
        const struct piece *piece = &plan.placement.pieces[i];
        uint64_t length = (uint64_t)piece->length + piece->zero_length;
        require(length == 0 || memory_map_available(&map, piece->address, length, NULL));
        require(piece->load_address == piece->address);
        require(piece->file == NULL || piece->address >= 0x100000);
        require(piece->file == NULL || piece->address + length <= plan.high_end);
        require((piece->file == NULL) == (i == plan.information_piece));
        require(piece->file == NULL || strlen(piece->file->path) < sizeof *block);
    }
    const struct piece *piece = &plan.placement.pieces[plan.information_piece];
    uint8_t *information = calloc(1, piece->length);
    require(information != NULL);
    multiboot1_write_information(&plan.information, information, piece->address);
    free(information);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[64 * 1024];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct config_boot read;
    const struct config_boot *boot = &read;
    union prepared_block *block = calloc(1, sizeof *block);
    size_t length = size < sizeof *block ? size : sizeof *block;
    memcpy(block->bytes, data, length);
    memcpy(block->prepared.magic, PREPARED_MAGIC, PREPARED_MAGIC_BYTES);
    if (prepared_is_present(block)) {
        const struct prepared_range *range = prepared_ranges(block);
        uint32_t sum = 0;
        for (unsigned i = 0; i < block->prepared.range_count; i++) {
            sum += range[i].lba + range[i].count;
        }
        size_t texts = sum % 2;
        if (prepared_read(block, "g.cfg", &read, &arena)) {
            texts += strlen(boot->kernel.path) + strlen(boot->kernel.arguments);
            for (size_t i = 0; i < boot->module_count; i++) {
                texts += strlen(boot->modules[i].path) + strlen(boot->modules[i].arguments);
            }
            texts += boot->timing != NULL ? strlen(boot->timing) : 0;
        }
        require(texts <= 2 * (1 + UINT8_MAX) * sizeof *block);
        check_plan(block, &arena);
    }
    free(block);
    return 0;
}
