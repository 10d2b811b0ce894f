// SPDX-License-Identifier: BSD-2-Clause
// See describe_multiboot2.h.
#include "stage2/describe_multiboot2.h"

#include "loader/multiboot2.h"
#include "stage2/firmware.h"

void describe_multiboot2(struct boot_information *information, uint8_t *buffer, uint32_t address)
{
    struct apm_table apm;
    information->apm = firmware_apm(&apm) ? &apm : NULL;
    information->rsdp = firmware_acpi_rsdp();
    multiboot2_write_information(information, buffer, address);
}
