// SPDX-License-Identifier: BSD-2-Clause
// The firmware's last turn (UEFI 2.10, 7.4.6): its boot services end, and their memory is free.
#include "boot/efi/uefi.h"
#include "stage2/extras.h"
#include "stage2/firmware.h"

enum { EXIT_TRIES = 16 }; /* an event may change the map between the two calls */

/* All is part of the image. */
const struct extras *firmware_extras(struct error *error)
{
    (void)error;
    return &extras_table;
}

/* Nothing but the memory map may be asked for between two tries. */
static bool exit_boot_services(struct uefi_memory_map *map)
{
    for (int i = 0; i < EXIT_TRIES; i++) {
        if (memory_read_map(map) == EFI_SUCCESS &&
            uefi_boot()->ExitBootServices(uefi_image, map->key) == EFI_SUCCESS) {
            uefi_boot_services_run = false;
            return true;
        }
    }
    return false;
}

bool firmware_finish(struct boot_information *information, struct error *error)
{
    static struct boot_efi efi;
    struct uefi_memory_map map;
    if (!exit_boot_services(&map)) {
        return fail(error, "the firmware does not end its boot services");
    }
    efi = (struct boot_efi){
        .system_table = (uintptr_t)uefi_system,
        .image_handle = (uintptr_t)uefi_image,
        .is_64 = sizeof(void *) == sizeof(uint64_t),
        .memory_map = {map.descriptors, map.size},
        .descriptor_size = (uint32_t)map.descriptor_size,
        .descriptor_version = map.descriptor_version,
    };
    information->efi = &efi;
    return true;
}
