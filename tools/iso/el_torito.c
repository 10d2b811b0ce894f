// SPDX-License-Identifier: BSD-2-Clause
// See el_torito.h. El Torito 1.0, figures 2 to 7; UEFI 2.10, 13.3.2.1 (platform id 0xEF).
#include "tools/iso/el_torito.h"

#include <string.h>
#include "loader/bytes.h"
#include "tools/iso/iso_bytes.h"
#include "tools/iso/store.h"

enum {
    BOOT_RECORD_BLOCK = 17,
    BOOT_RECORD_CATALOG = 0x47,
    ENTRY_BYTES = 32,
    DEFAULT_ENTRY = 1 * ENTRY_BYTES,
    FIRST_SECTION = 2 * ENTRY_BYTES,

    HEADER_MORE = 0x90,
    HEADER_LAST = 0x91,
    HEADER_PLATFORM = 1,
    HEADER_ENTRIES = 2,
    PLATFORM_EFI = 0xef,

    BOOTABLE = 0x88,
    ENTRY_SECTORS = 6,
    ENTRY_RBA = 8,
};

/* Finds the first entry for UEFI, the last section header, and the sections' end. */
static void read_sections(struct el_torito *catalog)
{
    catalog->end = FIRST_SECTION;
    catalog->last = 0;
    bool more = true;
    while (more && catalog->end + ENTRY_BYTES <= sizeof catalog->catalog) {
        const uint8_t *header = catalog->catalog + catalog->end, *entry = header + ENTRY_BYTES;
        uint32_t bytes = (1u + load16(header + HEADER_ENTRIES)) * ENTRY_BYTES;
        if ((header[0] != HEADER_MORE && header[0] != HEADER_LAST) ||
            !range_within(catalog->end, bytes, sizeof catalog->catalog)) {
            return;
        }
        if (header[HEADER_PLATFORM] == PLATFORM_EFI && bytes > ENTRY_BYTES &&
            entry[0] == BOOTABLE && catalog->efi_sectors == 0) {
            catalog->efi_block = load32(entry + ENTRY_RBA);
            catalog->efi_sectors = load16(entry + ENTRY_SECTORS);
        }
        more = header[0] == HEADER_MORE;
        catalog->last = catalog->end;
        catalog->end += bytes;
    }
}

bool el_torito_read(struct el_torito *catalog, int iso, struct error *error)
{
    uint8_t record[EL_TORITO_BLOCK];
    static const char system_id[] = "\0CD001\1EL TORITO SPECIFICATION";
    *catalog = (struct el_torito){0};
    if (!iso_read_bytes(iso, (uint64_t)BOOT_RECORD_BLOCK * EL_TORITO_BLOCK, record, sizeof record,
                        error)) {
        return false;
    }
    if (memcmp(record, system_id, sizeof system_id) != 0) {
        return fail(error, "xorriso made an ISO without an El Torito boot record");
    }
    catalog->offset = (uint64_t)load32(record + BOOT_RECORD_CATALOG) * EL_TORITO_BLOCK;
    if (!iso_read_bytes(iso, catalog->offset, catalog->catalog, sizeof catalog->catalog, error)) {
        return false;
    }
    const uint8_t *entry = catalog->catalog + DEFAULT_ENTRY;
    catalog->image_block = load32(entry + ENTRY_RBA);
    read_sections(catalog);
    return entry[0] == BOOTABLE ||
           fail(error, "xorriso made an ISO whose boot catalog does not boot");
}

bool el_torito_add_efi(struct el_torito *catalog, int iso, uint32_t block, uint64_t sectors,
                       struct error *error)
{
    uint8_t *header = catalog->catalog + catalog->end, *entry = header + ENTRY_BYTES;
    if (!range_within(catalog->end, 2 * ENTRY_BYTES, sizeof catalog->catalog)) {
        return fail(error, "no room for UEFI in the boot catalog; give fewer boot images");
    }
    catalog->efi_block = block;
    catalog->efi_sectors = sectors > UINT16_MAX ? UINT16_MAX : (uint32_t)sectors;
    memset(header, 0, 2 * (size_t)ENTRY_BYTES);
    header[0] = HEADER_LAST;
    header[HEADER_PLATFORM] = PLATFORM_EFI;
    store16(header + HEADER_ENTRIES, 1);
    entry[0] = BOOTABLE;
    store16(entry + ENTRY_SECTORS, (uint16_t)catalog->efi_sectors);
    store32(entry + ENTRY_RBA, block);
    if (catalog->last != 0) {
        catalog->catalog[catalog->last] = HEADER_MORE;
    }
    return iso_write_bytes(iso, catalog->offset, catalog->catalog, sizeof catalog->catalog, error);
}
