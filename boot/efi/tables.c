// SPDX-License-Identifier: BSD-2-Clause
// ACPI and SMBIOS from the configuration table (UEFI 2.10, 4.6), and stubs of what only a BIOS has.
#include <string.h>
#include "boot/efi/uefi.h"
#include "loader/acpi.h"
#include "loader/smbios.h"
#include "stage2/firmware.h"

enum { SMBIOS_ENTRY_BYTES = 32 }; /* room for the longer entry point, the 32-bit one */

static const uint8_t *table(const EFI_GUID *guid)
{
    for (UINTN i = 0; i < uefi_system->NumberOfTableEntries; i++) {
        const EFI_CONFIGURATION_TABLE *entry = &uefi_system->ConfigurationTable[i];
        if (memcmp(&entry->VendorGuid, guid, sizeof *guid) == 0) {
            return entry->VendorTable;
        }
    }
    return NULL;
}

static struct bytes rsdp(const EFI_GUID *guid, size_t size)
{
    const uint8_t *at = table(guid);
    return at != NULL ? acpi_find_rsdp((struct bytes){at, size}) : (struct bytes){0};
}

struct bytes tables_old_rsdp(void)
{
    static const EFI_GUID acpi_1 = ACPI_TABLE_GUID;
    return rsdp(&acpi_1, ACPI_RSDP_OLD_BYTES);
}

struct bytes firmware_acpi_rsdp(void)
{
    static const EFI_GUID acpi_2 = ACPI_20_TABLE_GUID;
    return rsdp(&acpi_2, ACPI_RSDP_BYTES);
}

struct smbios firmware_smbios(void)
{
    static const EFI_GUID smbios_3 = SMBIOS3_TABLE_GUID;
    static const EFI_GUID smbios_2 = SMBIOS_TABLE_GUID;
    const uint8_t *entry = table(&smbios_3);
    entry = entry != NULL ? entry : table(&smbios_2);
    return entry != NULL ? smbios_find((struct bytes){entry, SMBIOS_ENTRY_BYTES})
                         : (struct smbios){0};
}

size_t firmware_drives(struct boot_drive drives[BOOT_DRIVES])
{
    (void)drives;
    return 0;
}

void firmware_query(struct boot_information *information, struct system_info *system_info)
{
    information->boot_device = firmware_boot_device();
    information->video = &system_info->video;
    uefi_describe_screen(&system_info->video);
}
