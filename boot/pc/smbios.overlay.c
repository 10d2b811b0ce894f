// SPDX-License-Identifier: BSD-2-Clause
// SMBIOS where a BIOS keeps its entry point: in the ROM's last segment (SMBIOS 3.x, 5.2).
#include "loader/smbios.h"
#include "boot/pc/bda.h"
#include "stage2/firmware.h"

enum { ROM_SEGMENT = 0xf0000, ROM_SEGMENT_BYTES = 0x10000 };

struct smbios firmware_smbios(void)
{
    const uint8_t *rom = (const uint8_t *)(uintptr_t)bios_data(ROM_SEGMENT);
    return smbios_find((struct bytes){rom, ROM_SEGMENT_BYTES});
}
