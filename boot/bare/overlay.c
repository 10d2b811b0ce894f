// SPDX-License-Identifier: BSD-2-Clause
// Copies the overlay (stage2/overlay.h) from where the image has it to where it runs.
#include "stage2/overlay.h"

#include <string.h>
#include "boot/bare/bare.h"

extern uint8_t overlay_start[];                        /* linker/bare.ld */
extern uint8_t overlay_bss_start[], overlay_bss_end[]; /* boot/bare/build.mk */

const struct overlay *overlay_load(struct error *error)
{
    static bool is_loaded;
    (void)error;
    bare_finish(); /* it may look at anything */
    if (!is_loaded) {
        memcpy(overlay_start, bare_machine.overlay.data, bare_machine.overlay.size);
        memset(overlay_bss_start, 0, (size_t)(overlay_bss_end - overlay_bss_start));
        is_loaded = true;
    }
    return (const struct overlay *)(const void *)overlay_start;
}
