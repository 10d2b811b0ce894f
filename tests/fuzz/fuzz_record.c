// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the reading of the record of digests: entries and texts are inside of it.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/record/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record *record = calloc(1, sizeof *record + size);
    memcpy(record, data, size);
    memcpy(record->magic, RECORD_MAGIC, sizeof record->magic);
    if (record->byte_count >= sizeof *record && record->byte_count <= size &&
        record->byte_count % SUM_UNIT_BYTES == 0) {
        record->sum = record_sum(record);
    }
    if (record_is_right((struct bytes){(const uint8_t *)record, size})) {
        struct iso9660_extent extent = {7, 2048};
        const struct iso9660_file file = {.size = 2048, .extent_count = 1, .extents = &extent};
        const struct record_entry *entry = record_find(record, "(cd)/boot/kernel", &file);
        struct digest digest;
        struct error error;
        digest_start(&digest, false);
        digest_end(&digest);
        if (entry != NULL && strlen(record_path(record, entry)) < size &&
            record_judge(entry, &file, &digest) == RECORD_DAMAGED) {
            record_fail(entry, &digest, &error);
        }
    }
    free(record);
    return 0;
}
