// SPDX-License-Identifier: BSD-2-Clause
// Stands between 64-bit UEFI and a loader, GRUBX64.EFI beside it, and gives the firmware faults
// that real firmware may have. The test writes the faults into this program's file.
#include "tests/harness/shim/no_execute.h"
#include "tools/bench/probe/uefi.h"

static const CHAR16 loader[] = L"\\EFI\\BOOT\\GRUBX64.EFI";

enum { GOP_ABSENT = 1, GOP_BLT_ONLY = 2, MOST_DEVICES = 16, SECTOR_BYTES = 2048 };

static const volatile struct {
    char mark[8];
    uint32_t map_changes; /* how often, between GetMemoryMap() and ExitBootServices() */
    uint32_t gop;
    uint32_t most_bytes; /* that Block I/O reads at once; 0: any number */
    uint32_t io_align;   /* of Block I/O; 0: the firmware's */
    uint32_t bad_lba;    /* the sector of 2048 bytes that Block I/O cannot read; 0: none */
    uint32_t io_mmu;     /* 1: there is EDK II's protocol of an IOMMU (Protocol/IoMmu.h) */
    uint32_t no_execute; /* 1: no code runs in allocated memory */
    uint32_t no_input;   /* 1: the system table has no console input */
    uint32_t full_bytes; /* longer reads by Block I/O succeed and read nothing; 0: none */
} faults = {"FAULTS", 0, 0, 0, 0, 0, 0, 0, 0, 0};

static struct {
    EFI_BLOCK_IO_PROTOCOL *device;
    EFI_BLOCK_READ read;
} devices[MOST_DEVICES];
static EFI_EXIT_BOOT_SERVICES exit_boot_services;
static EFI_SET_WATCHDOG_TIMER set_watchdog_timer;
static EFI_LOCATE_PROTOCOL locate_protocol;
static EFI_GRAPHICS_OUTPUT_PROTOCOL_QUERY_MODE query_mode;
static uint32_t map_changes;

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

/* Allocates memory first, as an event may do: the key is then that of an old map. */
static EFI_STATUS EFIAPI exit_after_changes(EFI_HANDLE image, UINTN key)
{
    EFI_PHYSICAL_ADDRESS address = 0;
    if (map_changes < faults.map_changes) {
        map_changes++;
        boot->AllocatePages(AllocateAnyPages, EfiRuntimeServicesData, 1, &address);
        print("SHIM: the map has changed\n");
    }
    return exit_boot_services(image, key);
}

static EFI_STATUS EFIAPI watch_watchdog(UINTN timeout, UINT64 code, UINTN size, CHAR16 *data)
{
    print(timeout == 0 ? "SHIM: watchdog off\n" : "SHIM: watchdog on\n");
    return set_watchdog_timer(timeout, code, size, data);
}

static bool is_gop(const EFI_GUID *guid)
{
    EFI_GUID gop = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    return guid->Data1 == gop.Data1 && guid->Data2 == gop.Data2 && guid->Data3 == gop.Data3;
}

static EFI_STATUS EFIAPI locate_without_gop(EFI_GUID *guid, VOID *registration, VOID **interface)
{
    return is_gop(guid) ? EFI_NOT_FOUND : locate_protocol(guid, registration, interface);
}

static EFI_STATUS EFIAPI query_blt_only(EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, UINT32 mode, UINTN *size,
                                        EFI_GRAPHICS_OUTPUT_MODE_INFORMATION **info)
{
    EFI_STATUS status = query_mode(gop, mode, size, info);
    if (status == EFI_SUCCESS) {
        (*info)->PixelFormat = PixelBltOnly;
    }
    return status;
}

static EFI_STATUS EFIAPI read(EFI_BLOCK_IO_PROTOCOL *device, UINT32 media, EFI_LBA lba, UINTN bytes,
                              VOID *buffer)
{
    unsigned i = 0;
    while (devices[i].device != device) {
        i++;
    }
    if (faults.most_bytes != 0 && bytes > faults.most_bytes) {
        print("SHIM: too many bytes\n");
        return EFI_DEVICE_ERROR;
    }
    if (faults.io_align != 0 && (uintptr_t)buffer % faults.io_align != 0) {
        print("SHIM: not aligned\n");
        return EFI_INVALID_PARAMETER;
    }
    if (faults.full_bytes != 0 && bytes > faults.full_bytes) {
        print("SHIM: nothing is read\n");
        return EFI_SUCCESS;
    }
    uint64_t start = lba * device->Media->BlockSize, bad = (uint64_t)faults.bad_lba * SECTOR_BYTES;
    if (bad != 0 && bad >= start && bad - start < bytes) {
        return EFI_DEVICE_ERROR;
    }
    return devices[i].read(device, media, lba, bytes, buffer);
}

static void spoil_gop(void)
{
    EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
    if (faults.gop == GOP_ABSENT) {
        locate_protocol = boot->LocateProtocol;
        boot->LocateProtocol = locate_without_gop;
    } else if (faults.gop == GOP_BLT_ONLY &&
               boot->LocateProtocol(&guid, NULL, (VOID **)&gop) == EFI_SUCCESS) {
        query_mode = gop->QueryMode;
        gop->QueryMode = query_blt_only;
        gop->Mode->Info->PixelFormat = PixelBltOnly;
    }
}

static void spoil_discs(void)
{
    EFI_GUID guid = EFI_BLOCK_IO_PROTOCOL_GUID;
    EFI_HANDLE *handles;
    UINTN count = 0;
    if (boot->LocateHandleBuffer(ByProtocol, &guid, NULL, &count, &handles) != EFI_SUCCESS) {
        return;
    }
    for (UINTN i = 0; i < count && i < MOST_DEVICES; i++) {
        EFI_BLOCK_IO_PROTOCOL *device = protocol_of(handles[i], guid);
        devices[i].device = device;
        devices[i].read = device->ReadBlocks;
        device->ReadBlocks = read;
        if (faults.io_align != 0) {
            device->Media->IoAlign = faults.io_align;
        }
    }
}

static void add_io_mmu(void)
{
    EFI_GUID guid = {0x4e939de9, 0xd948, 0x4b0f, {0x88, 0xed, 0xe6, 0xe1, 0xce, 0x51, 0x7c, 0x1e}};
    EFI_HANDLE handle = NULL;
    if (faults.io_mmu != 0) {
        boot->InstallProtocolInterface(&handle, &guid, EFI_NATIVE_INTERFACE, NULL);
    }
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    boot = system->BootServices;
    EFI_HANDLE found = load(image, volume_of(image), loader, sizeof loader);
    if (found == NULL) {
        print("SHIM: no loader\n");
        return EFI_NOT_FOUND;
    }
    spoil_gop();
    spoil_discs();
    add_io_mmu();
    if (faults.no_execute != 0) {
        forbid_code();
    }
    if (faults.no_input != 0) {
        system->ConIn = NULL;
    }
    exit_boot_services = boot->ExitBootServices;
    boot->ExitBootServices = exit_after_changes;
    set_watchdog_timer = boot->SetWatchdogTimer;
    boot->SetWatchdogTimer = watch_watchdog;
    print("SHIM: start\n");
    return boot->StartImage(found, NULL, NULL);
}
