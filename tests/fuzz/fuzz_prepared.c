// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as the block that the tool has prepared: nothing outside of it is read, and what comes
// out has its texts ended.
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

/* Where a plan is said to hold, its information is in the block. What the pieces say is the tool's
   word, for which the block's sum stands. */
static void check_plan(union prepared_block *block)
{
    struct memory_range ranges[] = {{0, 0x9fc00, MEMORY_AVAILABLE},
                                    {0x100000, 0x10000000, MEMORY_AVAILABLE}};
    enum { LEAST = 120 + 24 * MULTIBOOT1_USUAL_RANGES }; /* structure, memory map */
    const struct memory_map map = {ranges, 2, 2};
    const struct boot_information information = {.map = &map};
    uint32_t bytes = block->prepared.information_bytes;
    if (!prepared_has_plan(block, &map) || bytes < LEAST) {
        return;
    }
    uint8_t *written = calloc(1, bytes + MULTIBOOT1_MACHINE_BYTES);
    require(written != NULL);
    memcpy(written, prepared_information(block), bytes);
    multiboot1_write_machine(&information, bytes, written, PLAN_INFORMATION_LOWEST);
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
        check_plan(block);
    }
    free(block);
    return 0;
}
