// SPDX-License-Identifier: BSD-2-Clause
// The end of boot services, whose memory is then free (UEFI 2.10, 7.4.6), and the way to the
// kernel.
#include "boot/efi/uefi.h"
#include "stage2/overlay.h"
#include "stage2/firmware.h"
#include "stage2/plan/plan.h"

static bool enters_in_firmware; /* the kernel is entered while boot services run */

enum { EXIT_TRIES = 16 }; /* an event may change the map between the two calls */

/* Under UEFI the overlay is a part of the loader. */
const struct overlay *overlay_load(struct error *error)
{
    (void)error;
    return &overlay_table;
}

/* After a failed try, UEFI permits only calls for the memory map. */
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

/* Describes the final memory map to the kernel. If it has more ranges than the plan has room for,
   the kernel gets the earlier map, with which the boot was planned. */
static void describe_memory(const struct uefi_memory_map *uefi,
                            struct boot_information *information)
{
    static struct memory_map map;
    static struct boot_efi efi;
    struct error ignored;
    map = memory_final_map();
    if (memory_translate(uefi, &map)) {
        map.capacity = memory_final_map().capacity;
        if (memory_map_normalise(&map, &ignored) && map.count <= information->map->count) {
            information->map = &map;
        }
    }
    efi = *firmware_efi();
    efi.memory_map = (struct bytes){uefi->descriptors, uefi->size};
    efi.descriptor_size = (uint32_t)uefi->descriptor_size;
    efi.descriptor_version = uefi->descriptor_version;
    information->efi = &efi;
}

/* Nothing would verify a Linux kernel that is not loaded by LoadImage(). */
static bool is_verified(const struct plan *plan)
{
    uint8_t is_on = 0;
    UINTN size = sizeof is_on;
    return plan->linux_boot == NULL || plan->linux_boot->way == LINUX_BY_EFI ||
           !uefi_variable(L"SecureBoot", &is_on, &size) || is_on == 0;
}

/* Nothing moves pieces for a kernel that is entered while the firmware runs. */
static bool is_in_place(const struct plan *plan, struct error *error)
{
    for (size_t i = 0; i < plan->placement.count; i++) {
        const struct piece *piece = &plan->placement.pieces[i];
        if (piece->load_address != piece->address) {
            return fail(error, "%s: too little memory for its %s beside the loader's own",
                        plan->kernel.path, piece->kind);
        }
    }
    return true;
}

bool firmware_finish(const struct plan *plan, struct boot_information *information,
                     struct error *error)
{
    struct uefi_memory_map map;
    disc_stop_watching();
    information->old_rsdp = tables_old_rsdp();
    if (!is_verified(plan)) {
        return fail(error, "%s: Secure Boot is on, and the firmware cannot verify this kernel",
                    plan->kernel.path);
    }
    enters_in_firmware = information->keeps_boot_services;
    if (enters_in_firmware) {
        if (!is_in_place(plan, error)) {
            return false;
        }
        memory_keep(&plan->placement);
        return true;
    }
    if (!exit_boot_services(&map)) {
        return fail(error, "the firmware does not end its boot services");
    }
    describe_memory(&map, information);
    return true;
}

ASSEMBLY _Noreturn void handoff_jump(void *block, const struct handoff_entry *entry,
                                     const struct handoff_move *moves)
{
    if (enters_in_firmware) {
        handoff_enter_in_firmware(entry->entry, entry->eax, entry->ebx);
    }
    handoff_leave_firmware(block, entry, moves);
}
