// SPDX-License-Identifier: BSD-2-Clause
// Shared by UEFI applications that start a loader: output on the serial port, and loading a file of
// a volume (UEFI 2.10, 7.4). They are not relocated: no constant may contain an address.
#pragma once

#include <efi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stage2/bus/io.h"

enum { COM1 = 0x3f8, LINE_STATUS = 5, HOLDING_EMPTY = 0x20, PATH_BYTES = 1024 };

static EFI_BOOT_SERVICES *boot;

static void put(char character)
{
    while ((in8(COM1 + LINE_STATUS) & HOLDING_EMPTY) == 0) {
    }
    out8(COM1, (uint8_t)character);
}

static void print(const char *text)
{
    while (*text != '\0') {
        put(*text++);
    }
}

static void *protocol_of(EFI_HANDLE handle, EFI_GUID guid)
{
    void *protocol;
    return boot->HandleProtocol(handle, &guid, &protocol) == EFI_SUCCESS ? protocol : NULL;
}

/* Returns the volume that a program was loaded from. */
static EFI_HANDLE volume_of(EFI_HANDLE image)
{
    EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    const EFI_LOADED_IMAGE *loaded = protocol_of(image, guid);
    return loaded != NULL ? loaded->DeviceHandle : NULL;
}

/* Adds bytes to a path; returns its new length. */
static size_t add(uint8_t *path, size_t length, const void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        path[length + i] = ((const uint8_t *)bytes)[i];
    }
    return length + count;
}

/* Loads a program of a volume; name_bytes includes the final 0. NULL: there is no such program. */
static EFI_HANDLE load(EFI_HANDLE self, EFI_HANDLE volume, const CHAR16 *name, uint8_t name_bytes)
{
    static uint8_t path[PATH_BYTES];
    EFI_GUID guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
    const EFI_DEVICE_PATH *node = protocol_of(volume, guid);
    const EFI_DEVICE_PATH end = {END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, {4, 0}};
    const EFI_DEVICE_PATH file = {
        MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP, {(uint8_t)(sizeof file + name_bytes), 0}};
    EFI_HANDLE image;
    size_t length = 0;
    if (node == NULL) {
        return NULL;
    }
    while (!IsDevicePathEnd(node)) {
        size_t node_length = (size_t)DevicePathNodeLength(node);
        if (length + node_length + sizeof file + name_bytes + sizeof end > sizeof path) {
            return NULL;
        }
        length = add(path, length, node, node_length);
        node = (const EFI_DEVICE_PATH *)(const void *)((const uint8_t *)node + node_length);
    }
    length = add(path, length, &file, sizeof file);
    length = add(path, length, name, name_bytes);
    add(path, length, &end, sizeof end);
    return boot->LoadImage(FALSE, self, (EFI_DEVICE_PATH *)(void *)path, NULL, 0, &image) ==
                   EFI_SUCCESS
               ? image
               : NULL;
}
