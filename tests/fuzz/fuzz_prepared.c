// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the reading of the prepared block. Nothing outside of the block is read, and its texts
// end.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/prepared/prepared.h"

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* Checks that a plan's pieces are inside files of the block and in the memory that it names, and
   that its information is in the block. */
static void check_plan(union prepared_block *block, struct arena *arena)
{
    struct memory_range ranges[] = {{0, 0x9fc00, MEMORY_AVAILABLE},
                                    {0x100000, 0x10000000, MEMORY_AVAILABLE}};
    enum { LEAST = 120 + 24 * MULTIBOOT1_USUAL_RANGES }; /* structure, memory map */
    const struct memory_map map = {ranges, 2, 2};
    struct plan plan;
    if (!prepared_plan(block, &map, &plan, arena)) {
        return;
    }
    for (size_t i = 1; i < plan.placement.count; i++) {
        const struct piece *piece = &plan.placement.pieces[i];
        uint64_t end = (uint64_t)piece->address + piece->length + piece->zero_length;
        require(piece->address >= PLAN_MODULES_LOWEST && end <= block->prepared.end);
        require(piece->file_offset + piece->length <= piece->file->size);
        require(piece->file->on_disc.extents->length_bytes == piece->file->size);
        require(strlen(piece->file->path) < sizeof *block);
    }
    struct bytes ready = plan.ready_information;
    bool is_pvh = plan.protocol == CONFIG_PVH;
    require(is_pvh || plan.protocol == CONFIG_MULTIBOOT1);
    if (!is_pvh && ready.size < LEAST) {
        return;
    }
    uint8_t *written = calloc(1, plan.placement.pieces[0].length);
    require(written != NULL);
    memcpy(written, ready.data, ready.size);
    if (is_pvh) {
        pvh_write_machine(&plan.information, written, plan.information_address);
    } else {
        multiboot1_write_machine(&plan.information, (uint32_t)ready.size, written,
                                 plan.information_address);
    }
    free(written);
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
    block->prepared.magic = PREPARED_MAGIC;
    block->prepared.block_sum = prepared_sum(block);
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
