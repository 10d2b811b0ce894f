// SPDX-License-Identifier: BSD-2-Clause
// Reads the overlay (stage2/overlay.h), which follows the core in the boot image's file.
// make_boot_image.host.c writes its end.
#include "stage2/overlay.h"

#include <string.h>
#include "stage2/disc/read.h"
#include "stage2/firmware.h"
#include "stage2/sum/sum.h"

extern uint8_t overlay_start[];     /* linker/bios.ld */
extern uint32_t boot_info_file_lba; /* boot.asm */
extern const struct {
    uint32_t image_sectors, overlay_sectors; /* the overlay follows the image */
    uint8_t *bss_start, *bss_end;
} overlay_place; /* mode_switch.asm */

/* The overlay's last bytes. */
struct overlay_end {
    uint32_t unused;  /* the number of words before must be even */
    struct sum sum;   /* of all words before, padding included */
    uint32_t balance; /* makes the sum of all words modulo 2^32 0 */
};

static bool is_whole(const uint8_t *overlay, size_t bytes)
{
    const struct overlay_end *end =
        (const struct overlay_end *)(const void *)(overlay + bytes - sizeof *end);
    struct sum sum = SUM_OF_NOTHING;
    sum_add(&sum, overlay, (bytes - sizeof *end) / sizeof(uint32_t));
    return sum_equals(&sum, &end->sum);
}

const struct overlay *overlay_load(struct error *error)
{
    static bool is_loaded;
    uint32_t sectors = overlay_place.overlay_sectors;
    if (!is_loaded) {
        if (!disc_read(boot_info_file_lba + overlay_place.image_sectors, sectors, overlay_start,
                       error)) {
            return NULL;
        }
        if (!is_whole(overlay_start, (size_t)sectors * ISO9660_SECTOR_SIZE)) {
            fail(error, "the boot image is damaged after its first %u sectors",
                 overlay_place.image_sectors);
            return NULL;
        }
        memset(overlay_place.bss_start, 0,
               (size_t)(overlay_place.bss_end - overlay_place.bss_start));
        is_loaded = true;
    }
    return (const struct overlay *)(const void *)overlay_start;
}
