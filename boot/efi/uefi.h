// SPDX-License-Identifier: BSD-2-Clause
// What the files of boot/efi/ share: the firmware's tables, and the memory that we claimed.
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

/* When uefi_boot_services_run is false, the firmware must not be called any more. */
extern EFI_HANDLE uefi_image;
extern EFI_SYSTEM_TABLE *uefi_system;
extern bool uefi_boot_services_run;

static inline EFI_BOOT_SERVICES *uefi_boot(void)
{
    return uefi_system->BootServices;
}

/* This protocol of a handle; NULL: it has none. */
void *uefi_protocol(EFI_HANDLE handle, const EFI_GUID *guid);

/* This protocol of the first handle that has it; NULL: none has. */
void *uefi_first_protocol(const EFI_GUID *guid);

/* Reads a global variable (UEFI 2.10, 3.3) of at most *size bytes, and sets *size. False: there is
   none, or it is larger. */
bool uefi_variable(const CHAR16 *name, void *value, UINTN *size);

/* Allocates pages below 4 GiB of this type; NULL: there are none. */
void *uefi_allocate(size_t bytes, EFI_MEMORY_TYPE type);

/* Finds the display, and describes its current mode. */
void uefi_describe_screen(struct video *video);

/* ---- memory.c */

/* Claims all memory that we work in and load to. False with a reason. */
bool memory_claim(struct error *error);

/* Gives back what memory_claim() claimed. */
void memory_release(void);

/* Gives back what is not in use, for a program that runs in our place, and takes it again. */
void memory_lend(void);
void memory_take_back(void);

/* UEFI's memory map, in a buffer of memory.c. key is for ExitBootServices(). */
struct uefi_memory_map {
    uint8_t *descriptors;
    UINTN size; /* bytes */
    UINTN key;
    UINTN descriptor_size;
    UINT32 descriptor_version;
};

/* Reads the current memory map. */
EFI_STATUS memory_read_map(struct uefi_memory_map *map);

/* Translates UEFI's memory map, unsorted. False: it has more ranges than map has room for. */
bool memory_translate(const struct uefi_memory_map *uefi, struct memory_map *map);

/* An empty map for the kernel, besides the one with which the boot was planned. */
struct memory_map memory_final_map(void);

/* For kernels that keep boot services: gives back the claimed pages without pieces, and makes the
   others executable. memory_regain() takes the memory again if the kernel does not start. */
void memory_keep(const struct placement *placement);
void memory_regain(const struct placement *placement);

/* ---- disc.c */

/* The device path of the disc, once something has been read; NULL: it has none. */
const EFI_DEVICE_PATH *disc_path(void);

/* Takes the timer back that watches reads. Call before the loader ends. disc.c */
void disc_stop_watching(void);

/* ---- tables.c */

/* ACPI 1.0's root pointer, if the firmware has a separate one; size 0: it has none. */
struct bytes tables_old_rsdp(void);

/* Whether a table that ACPI's root pointer leads to starts in this memory (ACPI 6.x, 5.2). */
bool tables_are_in(const struct memory_range *range);

/* ---- handoff.asm */

/* Executable memory below 4 GiB, mapped to itself, for x64's way out of 64-bit mode. */
enum { TRAMPOLINE_BYTES = 4096 };
extern void *handoff_trampoline;

/* handoff_jump() (loader/handoff.h) after boot services have ended. */
ASSEMBLY _Noreturn void handoff_leave_firmware(void *block, const struct handoff_entry *entry,
                                               const struct handoff_move *moves);

/* Enters a kernel in the firmware's own mode, while boot services run. */
ASSEMBLY _Noreturn void handoff_enter_in_firmware(uint32_t entry, uint32_t eax, uint32_t ebx);
