// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as the block that the tool has prepared: nothing outside of it is read, and what comes
// out has its texts ended.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/prepared.h"

/* As the plan does. */
static void set_addresses(const struct kernel_headers *headers)
{
    for (size_t i = 0; headers != NULL && i < headers->section_count; i++) {
        elf_set_section_address(&headers->elf, headers->section_headers, headers->sections[i].index,
                                0x100000);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[64 * 1024];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct prepared_boot read;
    const struct config_boot *boot = &read.boot;
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
            set_addresses(boot->headers);
            texts += strlen(boot->kernel.path) + strlen(boot->kernel.arguments);
            for (size_t i = 0; i < boot->module_count; i++) {
                texts += strlen(boot->modules[i].path) + strlen(boot->modules[i].arguments);
            }
            texts += boot->timing != NULL ? strlen(boot->timing) : 0;
        }
        if (texts > 2 * (1 + UINT8_MAX) * sizeof *block) {
            abort();
        }
    }
    free(block);
    return 0;
}
