// SPDX-License-Identifier: BSD-2-Clause
// The keyboard at a PC's keyboard controller (Intel 8042).
#pragma once

/* Lets the controller translate to scan code set 1, as a BIOS does and kernels expect. */
void keyboard_start(void);
