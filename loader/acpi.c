// SPDX-License-Identifier: BSD-2-Clause
// See acpi.h. Field names are the specification's.
#include "loader/acpi.h"

#include <string.h>

enum {
    SIGNATURE_BYTES = 8,
    REVISION = 15, /* offsets */
    LENGTH = 20,
    REVISION_ACPI_2 = 2,
    RSDP_ALIGNMENT = 16,
};

struct bytes acpi_find_rsdp(struct bytes memory)
{
    for (size_t offset = 0; offset + ACPI_RSDP_OLD_BYTES <= memory.size; offset += RSDP_ALIGNMENT) {
        const uint8_t *at = memory.data + offset;
        if (memcmp(at, "RSD PTR ", SIGNATURE_BYTES) != 0 ||
            !sums_to_zero(at, ACPI_RSDP_OLD_BYTES)) {
            continue;
        }
        bool is_new = at[REVISION] >= REVISION_ACPI_2 &&
                      range_within(offset, ACPI_RSDP_BYTES, memory.size) &&
                      load32(at + LENGTH) == ACPI_RSDP_BYTES && sums_to_zero(at, ACPI_RSDP_BYTES);
        return (struct bytes){at, is_new ? ACPI_RSDP_BYTES : ACPI_RSDP_OLD_BYTES};
    }
    return (struct bytes){0};
}
