// SPDX-License-Identifier: BSD-2-Clause
// The memory at 0xf0000, where kernels look for a firmware's tables, and what real mode needs of a
// firmware: interrupt vectors and BIOS data areas.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "boot/bare/tables/room.h"

enum {
    COM1 = 0x3f8,
    CONVENTIONAL_KIB = 639, /* the EBDA's KiB is after it */

    ROM_SEGMENT = 0xf0000,
    ROM_SEGMENT_CODE = 0xff000, /* rom_segment.asm's page */
    ROM_SEGMENT_CODE_PAGE = ROM_SEGMENT_CODE >> 12,

    /* In that page. */
    ROM_SEGMENT_MSRS = 0x100,    /* struct msr_value, a list that index 0 ends */
    ROM_SEGMENT_STARTED = 0x3fc, /* word: processors that have begun; then those that are done */
    ROM_SEGMENT_APIC_IDS = 0x400,
};

/* Makes the segment writable, and puts the page of code there. Returns the memory that tables may
   have; empty: the segment cannot be written. */
struct room rom_segment_open(void);

/* Puts the page of code into the segment, which can be written. */
void rom_segment_put_code(void);

/* Makes the segment read-only again, as kernels find it on a PC. */
void rom_segment_close(void);

/* Starts the BIOS data area: what does not depend on devices, and what the loader looks up there.
 */
void rom_segment_start_data(void);

/* Sets the rest of the BIOS data areas, and the interrupt vectors of real mode. */
void rom_segment_set_data(void);

/* Has INT 10h tell kernels of the text mode, which is set. Nothing if the page of code is not
   there. */
void rom_segment_set_video(void);
