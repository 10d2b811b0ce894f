// SPDX-License-Identifier: BSD-2-Clause
// What the files of boot/efi/ share: the firmware's tables, and what of its memory we have claimed.
#pragma once

#include <efi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/error.h"
#include "loader/handoff.h"
#include "loader/memory_map.h"
#include "loader/placement.h"
#include "loader/video.h"

/* Where it runs after it has ended its boot services, the firmware is called no more. */
extern EFI_HANDLE uefi_image;
extern EFI_SYSTEM_TABLE *uefi_system;
extern bool uefi_boot_services_run;

static inline EFI_BOOT_SERVICES *uefi_boot(void)
{
    return uefi_system->BootServices;
}

/* The protocol of this handle; NULL: it has none. */
void *uefi_protocol(EFI_HANDLE handle, const EFI_GUID *guid);

/* The first one that any handle has; NULL: there is none. */
void *uefi_first_protocol(const EFI_GUID *guid);

/* A variable of the firmware's own, at most *size bytes. False: it is not there, or larger. */
bool uefi_variable(const CHAR16 *name, void *value, UINTN *size);

/* Pages below 4 GiB of this type; NULL: there are none. */
void *uefi_allocate(size_t bytes, EFI_MEMORY_TYPE type);

/* The screen as it is; finds the display. */
void uefi_describe_screen(struct video *video);

/* ---- memory.c */

/* Claims the memory that we work in. */
bool memory_claim(struct error *error);

/* Gives it back. */
void memory_release(void);

/* Reads the memory map as it is now, to memory that stays; key: of ExitBootServices(). */
struct uefi_memory_map {
    uint8_t *descriptors;
    UINTN size; /* bytes */
    UINTN key;
    UINTN descriptor_size;
    UINT32 descriptor_version;
};
EFI_STATUS memory_read_map(struct uefi_memory_map *map);

/* The same in our terms, unsorted. False: it has more ranges than there is room for. */
bool memory_translate(const struct uefi_memory_map *uefi, struct memory_map *map);

/* Room for the map that a kernel gets, apart from the one that it was planned with. */
struct memory_map memory_final_map(void);

/* Gives back what no piece stands in, for as long as boot services go on; code may run in the
   rest. */
void memory_keep(const struct placement *placement);

/* ---- disc.c */

/* Of the device that is read, once something has been read; NULL: it has none. */
const EFI_DEVICE_PATH *disc_path(void);

/* ---- tables.c */

/* ACPI 1.0's root pointer, where there is one of its own; size 0: there is not. */
struct bytes tables_old_rsdp(void);

/* ---- handoff.asm */

/* Memory below 4 GiB, mapped to itself, where code may run. */
enum { PASSAGE_BYTES = 4096 };
extern void *handoff_trampoline;

/* loader/handoff.h's handoff_jump(), once boot services have ended. */
ASSEMBLY _Noreturn void handoff_leave_firmware(void *block, const struct handoff_entry *entry,
                                               const struct handoff_move *moves);

/* Enters a kernel in the firmware's own mode, while boot services run. */
ASSEMBLY _Noreturn void handoff_enter_in_firmware(uint32_t entry, uint32_t eax, uint32_t ebx);
