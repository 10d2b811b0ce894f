// SPDX-License-Identifier: BSD-2-Clause
// See acpi.h. In the core: a prepared PVH boot needs the root pointer, but no overlay.
#include "boot/bare/acpi.h"

#include "boot/bare/bare.h"
#include "boot/pc/bda.h"
#include "loader/acpi.h"
#include "stage2/firmware.h"

enum {
    RSDP_RSDT = 16, /* offsets of the root tables' addresses: of 32 bits, of 64 bits */
    RSDP_XSDT = 24,
    TABLE_LENGTH = 4,
    TABLE_HEADER_BYTES = 36,
    TABLE_MOST_BYTES = 0x10000,
    FADT_FLAG_HARDWARE_REDUCED = 1 << 20,
};
#define FADT_SIGNATURE 0x50434146u /* "FACP" */

static const uint8_t *at_address(uint32_t address)
{
    return (const uint8_t *)(uintptr_t)bios_data(address);
}

struct bytes firmware_acpi_rsdp(void)
{
    bare_finish();
    uint64_t rsdp = bare_machine.rsdp;
    if (rsdp == 0 || rsdp > UINT32_MAX - ACPI_RSDP_BYTES) {
        return (struct bytes){0};
    }
    return acpi_find_rsdp((struct bytes){at_address((uint32_t)rsdp), ACPI_RSDP_BYTES});
}

/* An ACPI table; size 0: it is not as it should be. */
static struct bytes table_at(uint32_t address)
{
    const uint8_t *table = at_address(address);
    uint32_t length = address != 0 ? load32(table + TABLE_LENGTH) : 0;
    bool is_right =
        length >= TABLE_HEADER_BYTES && length <= TABLE_MOST_BYTES && sums_to_zero(table, length);
    return (struct bytes){table, is_right ? length : 0};
}

/* Addresses are below 4 GiB, where the tables are. A machine may have one of the root tables only:
   QEMU's microvm has no RSDT. */
struct bytes bare_fadt(void)
{
    struct bytes rsdp = firmware_acpi_rsdp();
    if (rsdp.size == 0) {
        return rsdp;
    }
    struct bytes root = table_at(load32(rsdp.data + RSDP_RSDT));
    size_t step = sizeof(uint32_t);
    if (root.size == 0 && rsdp.size == ACPI_RSDP_BYTES) {
        root = table_at(load32(rsdp.data + RSDP_XSDT));
        step = sizeof(uint64_t);
    }
    for (size_t at = TABLE_HEADER_BYTES; at + step <= root.size; at += step) {
        uint32_t address = load32(root.data + at);
        if (address != 0 && load32(at_address(address)) == FADT_SIGNATURE) {
            return table_at(address);
        }
    }
    return (struct bytes){0};
}

bool bare_hardware_is_reduced(struct bytes fadt)
{
    return fadt.size >= FADT_FLAGS + sizeof(uint32_t) &&
           (load32(fadt.data + FADT_FLAGS) & FADT_FLAG_HARDWARE_REDUCED) != 0;
}
