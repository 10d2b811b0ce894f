// SPDX-License-Identifier: BSD-2-Clause
// Reads the overlay (stage2/overlay.h), which follows the core in the boot image's file. The sum of
// its 32-bit words, padding included, must be 0 (make_boot_image.host.c).
#include "stage2/overlay.h"

#include <string.h>
#include "stage2/disc/read.h"
#include "stage2/firmware.h"

extern uint8_t overlay_start[];     /* linker/bios.ld */
extern uint32_t boot_info_file_lba; /* boot.asm */
extern const struct {
    uint32_t image_sectors, overlay_sectors; /* the overlay follows the image */
    uint8_t *bss_start, *bss_end;
} overlay_place; /* mode_switch.asm */

/* Checks the sum. The first word, a pointer of the table, is not 0: zeros alone are refused. */
static bool is_whole(const uint32_t *words, size_t count)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += words[i];
    }
    return sum == 0 && words[0] != 0;
}

const struct overlay *overlay_load(struct error *error)
{
    static bool is_loaded;
    const uint32_t *words = (const uint32_t *)(const void *)overlay_start;
    uint32_t sectors = overlay_place.overlay_sectors;
    if (!is_loaded) {
        if (!disc_read(boot_info_file_lba + overlay_place.image_sectors, sectors, overlay_start,
                       error)) {
            return NULL;
        }
        if (!is_whole(words, sectors * (ISO9660_SECTOR_SIZE / sizeof *words))) {
            fail(error, "the boot image is damaged after its first %u sectors",
                 overlay_place.image_sectors);
            return NULL;
        }
        memset(overlay_place.bss_start, 0,
               (size_t)(overlay_place.bss_end - overlay_place.bss_start));
        is_loaded = true;
    }
    return (const struct overlay *)(const void *)words;
}
