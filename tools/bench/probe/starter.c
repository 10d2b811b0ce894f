// SPDX-License-Identifier: BSD-2-Clause
// Starts another disc's loader under UEFI. Just before it calls StartImage(), it writes the TSC to
// the serial port. A bench boots this from a disc of its own: so the loaders' discs need no change,
// and the firmware's time before the start is not counted as the loader's.
#include "tools/bench/probe/uefi.h"

#ifdef __x86_64__
static const CHAR16 loader[] = L"\\EFI\\BOOT\\BOOTX64.EFI";
#else
static const CHAR16 loader[] = L"\\EFI\\BOOT\\BOOTIA32.EFI";
#endif

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

static void print_hex(uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        unsigned digit = (unsigned)(value >> shift) & 15;
        put((char)(digit < 10 ? '0' + digit : 'a' - 10 + digit));
    }
}

/* Loads the first loader that is on another volume than this program. */
static EFI_HANDLE find(EFI_HANDLE self)
{
    EFI_GUID file_system = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
    EFI_HANDLE *volumes, found = NULL;
    UINTN count = 0;
    if (boot->LocateHandleBuffer(ByProtocol, &file_system, NULL, &count, &volumes) != EFI_SUCCESS) {
        return NULL;
    }
    for (UINTN i = 0; i < count && found == NULL; i++) {
        found =
            volumes[i] != volume_of(self) ? load(self, volumes[i], loader, sizeof loader) : NULL;
    }
    return found;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    boot = system->BootServices;
    EFI_HANDLE found = find(image);
    if (found != NULL) {
        print("\nwhelk-start 0x");
        print_hex(__builtin_ia32_rdtsc());
        print("\n");
        boot->StartImage(found, NULL, NULL);
    }
    print(found != NULL ? "\nThe loader gave up.\n" : "\nNo loader is found.\n");
    for (;;) { /* the firmware would boot something else */
        boot->Stall(1000000);
    }
}
