// SPDX-License-Identifier: BSD-2-Clause
// What a kernel's header asks of UEFI (Multiboot 2.0, 3.1.8 to 3.1.10). See multiboot2.h.
#include "loader/multiboot2.h"

bool multiboot2_check_efi_entry(const struct multiboot2_header *header, bool is_64,
                                struct error *error)
{
    /* As under GRUB, an optional tag leaves the general entry, to be entered in 64-bit mode. */
    if (is_64 && multiboot2_has(header, MULTIBOOT2_EFI_BOOT_SERVICES) &&
        !multiboot2_has(header, MULTIBOOT2_ENTRY_ADDRESS_EFI64) &&
        (header->required >> MULTIBOOT2_ENTRY_ADDRESS_EFI32 & 1) != 0) {
        return fail(error, "Multiboot 2 header: EFI boot services with an EFI i386 entry (tag 8) "
                           "only: not on 64-bit UEFI, for which tag 9 says the entry");
    }
    return true;
}

bool multiboot2_apply_efi(const struct multiboot2_header *header, const struct boot_efi *efi,
                          struct boot_information *information, struct image *image,
                          struct error *error)
{
    information->efi = efi;
    information->keeps_boot_services = multiboot2_has(header, MULTIBOOT2_EFI_BOOT_SERVICES);
    if (!multiboot2_check_efi_entry(header, efi->is_64, error)) {
        return false;
    }
    if (!information->keeps_boot_services ||
        !multiboot2_has(header, efi->is_64 ? MULTIBOOT2_ENTRY_ADDRESS_EFI64
                                           : MULTIBOOT2_ENTRY_ADDRESS_EFI32)) {
        return true;
    }
    image->entry = efi->is_64 ? header->entry_efi64 : header->entry_efi32;
    return image_contains(image, image->entry) ||
           fail(error, "EFI entry address tag: 0x%x lies where the file has no bytes",
                image->entry);
}
