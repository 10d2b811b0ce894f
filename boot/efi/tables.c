// SPDX-License-Identifier: BSD-2-Clause
// ACPI and SMBIOS from the configuration table (UEFI 2.10, 4.6), and stubs of what only a BIOS has.
#include <string.h>
#include "boot/efi/uefi.h"
#include "loader/acpi.h"
#include "loader/smbios.h"
#include "stage2/firmware.h"

enum {
    SMBIOS_ENTRY_BYTES = 32, /* room for the longer entry point, the 32-bit one */

    RSDP_RSDT = 16, /* offsets: ACPI 6.x, 5.2.5 to 5.2.9 */
    RSDP_XSDT = 24,
    TABLE_LENGTH = 4,
    TABLE_HEADER_BYTES = 36,
    FADT_FIRMWARE_CTRL = 36,
    FADT_DSDT = 40,
    FADT_X_FIRMWARE_CTRL = 132,
    FADT_X_DSDT = 140,
};

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

static bool is_in(const struct memory_range *range, uint64_t address)
{
    return address - range->address < range->length;
}

/* Whether one of the tables that the FADT names is in this memory. */
static bool fadt_leads_to(const struct memory_range *range, const uint8_t *fadt)
{
    static const uint8_t fields[] = {FADT_FIRMWARE_CTRL, FADT_DSDT};
    static const uint8_t long_fields[] = {FADT_X_FIRMWARE_CTRL, FADT_X_DSDT};
    uint32_t length = load32(fadt + TABLE_LENGTH);
    for (unsigned i = 0; i < sizeof fields; i++) {
        if ((length >= fields[i] + 4u && is_in(range, load32(fadt + fields[i]))) ||
            (length >= long_fields[i] + 8u && is_in(range, load64(fadt + long_fields[i])))) {
            return true;
        }
    }
    return false;
}

bool tables_are_in(const struct memory_range *range)
{
    struct bytes root = firmware_acpi_rsdp();
    bool is_long = root.size == ACPI_RSDP_BYTES; /* the XSDT, with addresses of 64 bits */
    root = root.size != 0 ? root : tables_old_rsdp();
    if (root.size == 0) {
        return false;
    }
    uint64_t list = is_long ? load64(root.data + RSDP_XSDT) : load32(root.data + RSDP_RSDT);
    const uint8_t *at = (const uint8_t *)(uintptr_t)list;
    uint32_t length = load32(at + TABLE_LENGTH);
    if (is_in(range, (uintptr_t)root.data) || is_in(range, list)) {
        return true;
    }
    for (uint32_t offset = TABLE_HEADER_BYTES; offset < length; offset += is_long ? 8 : 4) {
        uint64_t address = is_long ? load64(at + offset) : load32(at + offset);
        const uint8_t *table = (const uint8_t *)(uintptr_t)address;
        if (is_in(range, address) ||
            (memcmp(table, "FACP", 4) == 0 && fadt_leads_to(range, table))) {
            return true;
        }
    }
    return false;
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
