// SPDX-License-Identifier: BSD-2-Clause
// The machine's discs as GRUB numbers them (devices.c).
#pragma once

#include "boot/efi/uefi.h"

/* The handle of the index-th disc of firmware_device(); NULL: there is none. */
EFI_HANDLE device_handle(unsigned index);

/* The handle of its partition that begins at this block; NULL: there is none. */
EFI_HANDLE device_partition(unsigned index, uint64_t start);

/* The handle of the disc that we boot from. disc.c */
EFI_HANDLE disc_device(void);

/* The number of bytes of a device path up to its end. */
size_t device_path_bytes(const EFI_DEVICE_PATH *path);

/* The last node of a device path before its end; the end itself if there is none. */
const EFI_DEVICE_PATH *device_path_last(const EFI_DEVICE_PATH *path);
