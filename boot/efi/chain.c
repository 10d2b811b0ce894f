// SPDX-License-Identifier: BSD-2-Clause
// Starts an application in our place (UEFI 2.10, 7.4.1 and 7.4.2), as GRUB does: from memory, with
// the device path and the handle of the disc that it is from, and its words as load options. While
// it runs, it has all the memory that we do not use.
#include <string.h>
#include "boot/efi/devices.h"
#include "boot/efi/uefi.h"
#include "stage2/firmware.h"
#include "stage2/text/utf8.h"

enum { MOST_PATH_BYTES = 2048 };

/* A device path and the load options, which last as long as the application runs. */
static uint8_t path_bytes[MOST_PATH_BYTES];
static CHAR16 options[2048];

static EFI_HANDLE find_handle(const struct firmware_chain *chain)
{
    if (chain->is_boot_disc) {
        return disc_device();
    }
    return chain->is_partition ? device_partition(chain->device, chain->start)
                               : device_handle(chain->device);
}

/* Copies UTF-8 as UTF-16 with a NUL. slash: what becomes of '/'. Returns the units, with the NUL.
 */
static size_t put_text(CHAR16 *to, size_t room, const char *text, CHAR16 slash)
{
    const char *end = text + strlen(text);
    size_t count = 0;
    while (text < end && count + 2 < room) {
        uint32_t character = utf8_take(&text, end);
        if (character >= 0x10000) {
            character -= 0x10000;
            to[count++] = (CHAR16)(0xd800 | character >> 10);
            character = 0xdc00 | (character & 0x3ff);
        }
        to[count++] = character == '/' ? slash : (CHAR16)character;
    }
    to[count++] = 0;
    return count;
}

/* Adds a node of a file's path (10.3.5.4) with the first bytes of a name. False: no room. */
static bool add_name(size_t *length, const char *name, size_t bytes)
{
    static CHAR16 text[512];
    char part[256];
    if (bytes >= sizeof part) {
        return false;
    }
    memcpy(part, name, bytes);
    part[bytes] = 0;
    size_t text_bytes = put_text(text, sizeof text / sizeof *text, part, '\\') * sizeof *text;
    size_t node_bytes = sizeof(EFI_DEVICE_PATH) + text_bytes;
    if (*length + node_bytes + sizeof(EFI_DEVICE_PATH) > sizeof path_bytes) {
        return false;
    }
    EFI_DEVICE_PATH *node = (EFI_DEVICE_PATH *)(void *)(path_bytes + *length);
    node->Type = MEDIA_DEVICE_PATH;
    node->SubType = MEDIA_FILEPATH_DP;
    SetDevicePathNodeLength(node, (UINT16)node_bytes);
    memcpy(node + 1, text, text_bytes);
    *length += node_bytes;
    return true;
}

/* Writes the device's path and the application's: as GRUB does, a node for its folder and one for
   its name. NULL: they are too long. */
static EFI_DEVICE_PATH *make_path(EFI_HANDLE device, const char *name)
{
    static const EFI_GUID device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
    const EFI_DEVICE_PATH *start = uefi_protocol(device, &device_path);
    size_t length = start != NULL ? device_path_bytes(start) : sizeof path_bytes;
    size_t folder = strlen(name);
    while (folder > 0 && name[folder - 1] != '/') {
        folder--;
    }
    size_t file = folder > 1 ? folder : 0; /* in the root, the name keeps its slash */
    if (length >= sizeof path_bytes) {
        return NULL;
    }
    memcpy(path_bytes, start, length);
    if ((folder > 1 && !add_name(&length, name, folder - 1)) ||
        !add_name(&length, name + file, strlen(name + file))) {
        return NULL;
    }
    SetDevicePathEndNode((EFI_DEVICE_PATH *)(void *)(path_bytes + length));
    return (EFI_DEVICE_PATH *)(void *)path_bytes;
}

/* Starts an image that is loaded. */
static void run(EFI_HANDLE image, EFI_HANDLE device, const char *arguments, struct error *error)
{
    static const EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_LOADED_IMAGE *loaded = uefi_protocol(image, &loaded_image);
    if (loaded == NULL) {
        fail(error, "the firmware does not describe it");
        return;
    }
    loaded->DeviceHandle = device;
    if (*arguments != 0) {
        loaded->LoadOptions = options;
        loaded->LoadOptionsSize =
            (UINT32)(put_text(options, sizeof options / sizeof *options, arguments, '/') *
                     sizeof *options);
    }
    EFI_STATUS status = uefi_boot()->StartImage(image, NULL, NULL);
    fail(error, "it has ended, with EFI status %u", (unsigned)status & 0xffffff);
}

void firmware_chain(const struct firmware_chain *chain, struct error *error)
{
    EFI_HANDLE device = find_handle(chain);
    EFI_DEVICE_PATH *path = device != NULL ? make_path(device, chain->path) : NULL;
    EFI_HANDLE image = NULL;
    if (path == NULL) {
        fail(error, "the firmware has no device path for its disc");
        return;
    }
    memory_lend();
    EFI_STATUS status = uefi_boot()->LoadImage(FALSE, uefi_image, path, (void *)chain->image.data,
                                               chain->image.size, &image);
    if (status == EFI_SUCCESS) {
        run(image, device, chain->arguments, error);
    } else {
        fail(error,
             "the firmware does not load it: EFI status %u (under Secure Boot it must be signed)",
             (unsigned)status & 0xffffff);
    }
    if (image != NULL) {
        uefi_boot()->UnloadImage(image);
    }
    uefi_boot()->SetWatchdogTimer(0, 0, 0, NULL); /* StartImage() may have set it */
    memory_take_back();
}
