// SPDX-License-Identifier: BSD-2-Clause
// See smbios.h.
#include "loader/smbios.h"

#include <string.h>

enum {
    ENTRY_ALIGNMENT = 16,
    ENTRY_2_BYTES = 31, /* "_SM_": 5.2.1 */
    ENTRY_3_BYTES = 24, /* "_SM3_": 5.2.2 */
};

static struct bytes table_at(uint64_t address, uint32_t size)
{
    if (!range_within(address, size, UINT64_C(1) << 32)) {
        return (struct bytes){0};
    }
    return (struct bytes){(const uint8_t *)(uintptr_t)address, size};
}

struct smbios smbios_find(struct bytes memory)
{
    struct smbios found = {0};
    for (size_t offset = 0; offset + ENTRY_2_BYTES <= memory.size; offset += ENTRY_ALIGNMENT) {
        const uint8_t *at = memory.data + offset;
        if (memcmp(at, "_SM3_", 5) == 0 && at[6] >= ENTRY_3_BYTES &&
            range_within(offset, at[6], memory.size) && sums_to_zero(at, at[6])) {
            return (struct smbios){at[7], at[8], table_at(load64(at + 16), load32(at + 12))};
        }
        if (memcmp(at, "_SM_", 4) == 0 && at[5] >= ENTRY_2_BYTES &&
            range_within(offset, at[5], memory.size) && sums_to_zero(at, at[5])) {
            found = (struct smbios){at[6], at[7], table_at(load32(at + 24), load16(at + 22))};
        }
    }
    return found;
}
