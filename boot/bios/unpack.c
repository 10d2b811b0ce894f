// SPDX-License-Identifier: BSD-2-Clause
// Unpacks stage 2 from the boot image to where it runs. The boot sector has checked the image's
// sum: if this fails, the image was built wrong.
#include <stdint.h>
#include "boot/bios/bios.h"
#include "boot/bios/calls.h"
#include "stage2/puff/puff.h"
#include "stage2/timeline.h"

/* linker/bios.ld */
extern const uint8_t packed_start[], packed_size[];
extern uint8_t stage2_start[], stage2_size[];

int bios_unpack(void)
{
    unsigned long packed = (unsigned long)packed_size;
    unsigned long unpacked = (unsigned long)stage2_size;
    timeline_start();
    int result = puff(stage2_start, &unpacked, packed_start, &packed);
    calls_unfilter(stage2_start, unpacked);
    return result;
}
