// SPDX-License-Identifier: BSD-2-Clause
// ACPI's root pointer where a BIOS keeps it: in the first KiB of its extended data area, or in the
// ROM (ACPI 6.x, 5.2.5.1).
#include "loader/acpi.h"
#include "boot/bios/bios.h"
#include "stage2/firmware.h"

enum {
    BDA_EBDA = 0x40e, /* word: segment */
    EBDA_BYTES = 1024,
    ROM_START = 0xe0000,
    ROM_END = 0x100000,
};

static struct bytes memory_at(uint32_t address, size_t size)
{
    return (struct bytes){(const uint8_t *)(uintptr_t)bios_data(address), size};
}

struct bytes firmware_acpi_rsdp(void)
{
    uint32_t ebda = (uint32_t)bda_word(BDA_EBDA) << 4;
    struct bytes rsdp = acpi_find_rsdp(memory_at(ebda, EBDA_BYTES));
    return rsdp.size != 0 ? rsdp : acpi_find_rsdp(memory_at(ROM_START, ROM_END - ROM_START));
}
