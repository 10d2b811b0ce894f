// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the completion of SMBIOS with any structures. What was measured once is the same with the
// firmware's structure in front.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "boot/bare/tables/smbios_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smbios_structures structures, again;
    uint8_t *copy = malloc(SMBIOS_FIRMWARE_BYTES + size);
    memcpy(copy + SMBIOS_FIRMWARE_BYTES, data, size);
    struct bytes table = {copy + SMBIOS_FIRMWARE_BYTES, size};
    if (smbios_measure(table, &structures) && structures.count < UINT16_MAX) {
        if (structures.size > size || structures.largest > structures.size) {
            abort();
        }
        const uint8_t *first = smbios_add_firmware(copy + SMBIOS_FIRMWARE_BYTES, &structures);
        table = (struct bytes){first, SMBIOS_FIRMWARE_BYTES + size - (size_t)(first - copy)};
        if (!smbios_measure(table, &again) || again.count != structures.count ||
            again.size != structures.size || again.largest != structures.largest) {
            abort();
        }
    }
    free(copy);
    return 0;
}
