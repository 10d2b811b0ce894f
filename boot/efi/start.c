// SPDX-License-Identifier: BSD-2-Clause
// From the firmware to stage 2, and back: next boot option, reset (UEFI 2.10, 4.1, 7.4, 8.5).
#include "boot/efi/relocation.h"
#include "boot/efi/uefi.h"
#include "stage2/console/console.h"
#include "stage2/firmware.h"
#include "stage2/sum/sum.h"
#include "stage2/timing/timeline.h"

/* linker/efi.ld */
extern const uint8_t image_base[], text_start[], text_end[], rodata_start[];
extern const uint8_t data_start[], data_end[];
extern const struct sum image_sum; /* at the end of .rodata; see write_sum.host.c */
extern const uintptr_t relocations_start[], relocations_end[];

EFI_HANDLE uefi_image;
EFI_SYSTEM_TABLE *uefi_system;
bool uefi_boot_services_run = true;

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

/* The loader's generation, by which Secure Boot may revoke it (shim's SBAT.md). */
__attribute__((section(".sbat"), used)) static const char sbat[] =
    "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
    "whelk,1,Whelk,whelk," WHELK_VERSION ",-\n";

void *uefi_protocol(EFI_HANDLE handle, const EFI_GUID *guid)
{
    void *protocol;
    return uefi_boot()->HandleProtocol(handle, (EFI_GUID *)guid, &protocol) == EFI_SUCCESS
               ? protocol
               : NULL;
}

void *uefi_first_protocol(const EFI_GUID *guid)
{
    void *protocol;
    return uefi_boot()->LocateProtocol((EFI_GUID *)guid, NULL, &protocol) == EFI_SUCCESS ? protocol
                                                                                         : NULL;
}

bool uefi_variable(const CHAR16 *name, void *value, UINTN *size)
{
    static const EFI_GUID global = EFI_GLOBAL_VARIABLE;
    return uefi_system->RuntimeServices->GetVariable((CHAR16 *)name, (EFI_GUID *)&global, NULL,
                                                     size, value) == EFI_SUCCESS;
}

static _Noreturn void leave(EFI_STATUS status)
{
    disc_stop_watching();
    memory_release();
    uefi_boot()->Exit(uefi_image, status, 0, NULL);
    for (;;) { /* Exit() does not return */
        firmware_idle();
    }
}

_Noreturn void firmware_boot_next(void)
{
    leave(EFI_NOT_FOUND);
}

static _Noreturn void reset(EFI_RESET_TYPE type)
{
    uefi_system->RuntimeServices->ResetSystem(type, EFI_SUCCESS, 0, NULL);
    for (;;) {
        firmware_idle();
    }
}

_Noreturn void firmware_reboot(void)
{
    reset(EfiResetCold);
}

bool firmware_enable_a20(void)
{
    return true; /* UEFI enables it */
}

/* Does nothing unless the firmware supports it (UEFI 2.10, 8.5.4). */
void firmware_setup(void)
{
    static const EFI_GUID global = EFI_GLOBAL_VARIABLE;
    enum {
        ATTRIBUTES = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS |
                     EFI_VARIABLE_RUNTIME_ACCESS,
    };
    uint64_t supported = 0;
    uint64_t wanted = 0;
    UINTN size = sizeof supported;
    if (!uefi_variable(L"OsIndicationsSupported", &supported, &size) ||
        (supported & EFI_OS_INDICATIONS_BOOT_TO_FW_UI) == 0) {
        return;
    }
    size = sizeof wanted;
    uefi_variable(L"OsIndications", &wanted, &size);
    wanted |= EFI_OS_INDICATIONS_BOOT_TO_FW_UI;
    if (uefi_system->RuntimeServices->SetVariable((CHAR16 *)L"OsIndications", (EFI_GUID *)&global,
                                                  ATTRIBUTES, sizeof wanted,
                                                  &wanted) == EFI_SUCCESS) {
        firmware_reboot();
    }
}

void firmware_power_off(void)
{
    reset(EfiResetShutdown);
}

static void add_bytes(struct sum *sum, const void *start, const void *end)
{
    size_t bytes = (size_t)((const uint8_t *)end - (const uint8_t *)start);
    sum_add(sum, start, bytes / sizeof(uint32_t));
}

/* Whether code, constants and data are as they were linked; before relocate() changes them. The
   firmware compares nothing unless Secure Boot is on. */
static bool is_whole(void)
{
    struct sum sum = SUM_OF_NOTHING;
    add_bytes(&sum, text_start, text_end);
    add_bytes(&sum, rodata_start, &image_sum);
    add_bytes(&sum, data_start, data_end);
    return sum_equals(&sum, &image_sum);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    struct error error;
    uint64_t now = timeline_now();
    if (!is_whole()) {
        static const CHAR16 message[] =
            L"whelk: the loader is damaged, make or copy the ISO again\r\n";
        system->ConOut->OutputString(system->ConOut, (CHAR16 *)message);
        return EFI_LOAD_ERROR;
    }
    relocate(relocations_start, relocations_end, (uintptr_t)image_base);
    timeline.stamps[TIMELINE_HANDOFF] = now;
    uefi_image = image;
    uefi_system = system;
    uefi_boot()->SetWatchdogTimer(0, 0, 0, NULL); /* the menu may stay open for long */
    if (!memory_claim(&error)) {
        console_print("whelk: %s\n", error.message);
        firmware_boot_next();
    }
    stage2_main();
}

/* Nobody can say so. */
const char *firmware_wanted_entry(void)
{
    return NULL;
}

const char *firmware_added_arguments(void)
{
    return NULL;
}

uint32_t firmware_tsc_khz(void)
{
    return 0;
}
