// SPDX-License-Identifier: BSD-2-Clause
// The machine as a PVH loader describes it: QEMU's -kernel, Xen, other VMMs.
#pragma once

#include <stdint.h>

/* Fills in bare_machine from hvm_start_info at this address. What it points to, and the image that
   was loaded, are not needed any more after that, but for the module. Call first: they may be where
   the loader works. */
void pvh_describe(uint32_t start_info);
