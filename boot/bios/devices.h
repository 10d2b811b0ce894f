// SPDX-License-Identifier: BSD-2-Clause
// The machine's discs under a BIOS (devices.overlay.c).
#pragma once

/* The INT 13h number of the index-th disc of firmware_device(); -1: there is none. */
int device_drive(unsigned index);
