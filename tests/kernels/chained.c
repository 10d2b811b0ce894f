// SPDX-License-Identifier: BSD-2-Clause
// An application of UEFI that a loader chain-loads. It writes to COM1 what it was given (its load
// options, the device of its image, the file's path), shows that it can allocate most of the memory
// and that its volume can be read, and ends with status 7.
#include <efi.h>
#include <stddef.h>
#include <stdint.h>
#include "stage2/bus/io.h"

enum { COM1 = 0x3f8, LINE_STATUS = 5, HOLDING_EMPTY = 0x20, STATUS = 7 };

static EFI_BOOT_SERVICES *boot;

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

static void put(char character)
{
    while ((in8(COM1 + LINE_STATUS) & HOLDING_EMPTY) == 0) {
    }
    out8(COM1, (uint8_t)character);
}

static void print(const char *text)
{
    while (*text != 0) {
        put(*text++);
    }
}

static void *protocol_of(EFI_HANDLE handle, EFI_GUID guid)
{
    void *protocol;
    return boot->HandleProtocol(handle, &guid, &protocol) == EFI_SUCCESS ? protocol : NULL;
}

static void print_number(uint64_t number)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        if (number >> shift != 0 || shift == 0) {
            put((char)("0123456789abcdef"[number >> shift & 15]));
        }
    }
}

static void print_wide(const CHAR16 *text, size_t units)
{
    for (size_t i = 0; i < units; i++) {
        put(text[i] != 0 ? (char)text[i] : '$');
    }
}

/* Prints the types of a device path's nodes, and the text of a file's. */
static void print_path(const EFI_DEVICE_PATH *node)
{
    for (; node != NULL && !IsDevicePathEnd(node); node = NextDevicePathNode(node)) {
        put(' ');
        print_number((uint64_t)DevicePathType(node));
        put('.');
        print_number((uint64_t)DevicePathSubType(node));
        if (DevicePathType(node) == MEDIA_DEVICE_PATH &&
            DevicePathSubType(node) == MEDIA_FILEPATH_DP) {
            put(' ');
            print_wide((const CHAR16 *)(const void *)(node + 1),
                       ((size_t)DevicePathNodeLength(node) - sizeof *node) / sizeof(CHAR16));
        }
    }
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_GUID device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
    EFI_GUID file_system = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
    EFI_PHYSICAL_ADDRESS address = 0;
    enum { PAGES = (96 << 20) / 4096 };
    boot = system->BootServices;
    const EFI_LOADED_IMAGE *loaded = protocol_of(image, loaded_image);
    print("\nchained: options=");
    print_number(loaded->LoadOptionsSize);
    put(' ');
    print_wide(loaded->LoadOptions, loaded->LoadOptionsSize / sizeof(CHAR16));
    print("\nchained: device");
    print_path(protocol_of(loaded->DeviceHandle, device_path));
    print("\nchained: file");
    print_path(loaded->FilePath);
    print("\nchained: volume ");
    print(protocol_of(loaded->DeviceHandle, file_system) != NULL ? "yes" : "no");
    print("\nchained: memory ");
    EFI_STATUS status = boot->AllocatePages(AllocateAnyPages, EfiLoaderData, PAGES, &address);
    print(status == EFI_SUCCESS ? "yes" : "no");
    if (status == EFI_SUCCESS) {
        boot->FreePages(address, PAGES);
    }
    print("\nchained: END\n");
    return STATUS;
}
