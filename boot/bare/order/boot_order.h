// SPDX-License-Identifier: BSD-2-Clause
// The order in which QEMU's user wants discs to be tried (bootindex=): fw_cfg's file "bootorder", a
// line for each, with the device's path as in OpenFirmware (IEEE 1275, 3.2.1.1), such as
// "/pci@i0cf8/ide@1,1/drive@1/disk@0".
//
// Pure.
#pragma once

#include <stddef.h>
#include "loader/bytes.h"

/* The number of the first line whose path leads to this device, from 0 on. device: the addresses of
   its path without names, each after a '@': "@i0cf8@1,1@1@0". What a line has after these is
   ignored. SIZE_MAX: there is no such line. */
size_t boot_order_of(struct bytes order, const char *device);
