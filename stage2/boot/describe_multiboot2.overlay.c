// SPDX-License-Identifier: BSD-2-Clause
// See describe_multiboot2.h.
#include "stage2/boot/describe_multiboot2.h"

#include "loader/multiboot2.h"
#include "stage2/firmware.h"

void describe_multiboot2(struct boot_information *information, uint8_t *buffer, uint32_t address)
{
    if (information->keeps_room_for_smbios) {
        information->smbios = firmware_smbios();
    }
    information->rsdp = firmware_acpi_rsdp();
    multiboot2_write_information(information, buffer, address);
}
