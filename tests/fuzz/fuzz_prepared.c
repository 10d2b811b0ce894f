// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as the block that the tool has prepared: nothing outside of it is read, and what comes
// out has its texts ended.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/prepared.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[64 * 1024];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct config_boot boot;
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
        if (!prepared_read(block, "g.cfg", &boot, &arena)) {
            abort();
        }
        size_t texts = strlen(boot.kernel.path) + strlen(boot.kernel.arguments) + sum % 2;
        for (size_t i = 0; i < boot.module_count; i++) {
            texts += strlen(boot.modules[i].path) + strlen(boot.modules[i].arguments);
        }
        if (boot.timing != NULL) {
            texts += strlen(boot.timing);
        }
        if (texts > 2 * (1 + boot.module_count + 1) * sizeof *block) {
            abort();
        }
    }
    free(block);
    return 0;
}
