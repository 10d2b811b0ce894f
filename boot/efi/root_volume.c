// SPDX-License-Identifier: BSD-2-Clause
// The volume that the firmware has started us from, if the boot tree is there: a FAT volume onto
// which somebody has copied the files of our ISO.
#include <string.h>
#include "boot/efi/devices.h"
#include "boot/efi/uefi.h"
#include "loader/format.h"
#include "stage2/config/config.h"
#include "stage2/firmware.h"
#include "stage2/volume/volume.h"

static char root[VOLUME_NAME_BYTES];
static char variables[256]; /* of firmware_config_variables() */

/* The partition's number in GRUB's scheme, from its node in a device path (UEFI 2.10, 10.3.5.1). */
static bool name_partition(const EFI_DEVICE_PATH *node, const char *disc)
{
    enum { SCHEME_MBR = 1 };
    const HARDDRIVE_DEVICE_PATH *partition = (const HARDDRIVE_DEVICE_PATH *)(const void *)node;
    if (DevicePathType(node) != MEDIA_DEVICE_PATH ||
        DevicePathSubType(node) != MEDIA_HARDDRIVE_DP) {
        return false;
    }
    format_text(root, sizeof root, "%s,%s%u", disc,
                partition->MBRType == SCHEME_MBR ? "msdos" : "gpt",
                (unsigned)partition->PartitionNumber);
    return true;
}

/* Names the volume at this device path: a disc, or a partition of one. False: it is neither. */
static bool name_volume(const EFI_DEVICE_PATH *path)
{
    static const EFI_GUID device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
    struct firmware_device disc;
    for (unsigned i = 0; firmware_device(i, &disc); i++) {
        const EFI_DEVICE_PATH *start = uefi_protocol(device_handle(i), &device_path);
        size_t length = device_path_bytes(start);
        if (device_path_bytes(path) < length || memcmp(path, start, length) != 0) {
            continue;
        }
        if (device_path_bytes(path) == length) {
            format_text(root, sizeof root, "%s", disc.name);
            return true;
        }
        return name_partition(device_path_last(path), disc.name);
    }
    return false;
}

/* Whether a config is on the volume. */
static bool has_config(const char *path, const struct arena *arena)
{
    struct arena working = {.base = arena->base + arena->used, .size = arena->size - arena->used};
    char whole[VOLUME_NAME_BYTES + 32];
    struct volume_node node;
    struct error ignored;
    format_text(whole, sizeof whole, "(%s)%s", root, path);
    return volume_find(whole, &node, &working, &ignored) && !node.is_directory;
}

/* A CD's loader is in an El Torito image, which has no config. */
const char *firmware_root_volume(const struct arena *arena)
{
    static const EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    static const EFI_GUID device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
    const EFI_LOADED_IMAGE *image = uefi_protocol(uefi_image, &loaded_image);
    EFI_DEVICE_PATH *path = image != NULL ? uefi_protocol(image->DeviceHandle, &device_path) : NULL;
    if (path == NULL || DevicePathSubType(device_path_last(path)) == MEDIA_CDROM_DP ||
        !name_volume(path) ||
        (!has_config("/boot/grub/grub.cfg", arena) && !has_config("/boot/grub/menu.lst", arena))) {
        root[0] = 0;
        return NULL;
    }
    return root;
}

/* Copies a string with its NUL to *at. */
static void put(char **at, const char *text)
{
    size_t length = strlen(text) + 1;
    memcpy(*at, text, length);
    *at += length;
}

const char *firmware_config_variables(void)
{
    static const bool is_64 = sizeof(void *) == sizeof(uint64_t);
    char text[VOLUME_NAME_BYTES + 32];
    char *at = variables;
    if (root[0] == 0) {
        return is_64 ? CONFIG_UEFI_VARIABLES "grub_cpu=x86_64\0"
                     : CONFIG_UEFI_VARIABLES "grub_cpu=i386\0";
    }
    format_text(text, sizeof text, "root=%s", root);
    put(&at, text);
    format_text(text, sizeof text, "prefix=(%s)/boot/grub", root);
    put(&at, text);
    format_text(text, sizeof text, "cmdpath=(%s)/EFI/BOOT", root);
    put(&at, text);
    put(&at, "grub_platform=efi");
    put(&at, is_64 ? "grub_cpu=x86_64" : "grub_cpu=i386");
    *at = 0;
    return variables;
}
