// SPDX-License-Identifier: BSD-2-Clause
// What kernels are told of a machine without a firmware: nothing that only a BIOS has.
#include <string.h>
#include "boot/bare/bare.h"
#include "stage2/firmware.h"

enum { TEXT_COLUMNS = 80, TEXT_ROWS = 25 };

void firmware_query(struct boot_information *information, struct system_info *system_info)
{
    struct framebuffer *screen = &system_info->video.framebuffer;
    bare_finish();
    information->boot_device = firmware_boot_device();
    information->video = &system_info->video;
    memset(&system_info->video, 0, sizeof system_info->video);
    screen->type = FRAMEBUFFER_NONE;
    if (firmware_screen_present()) {
        *screen = (struct framebuffer){
            .address = 0xb8000,
            .pitch = 2 * TEXT_COLUMNS,
            .width = TEXT_COLUMNS,
            .height = TEXT_ROWS,
            .bpp = 16,
            .type = FRAMEBUFFER_TEXT,
        };
    }
}

size_t firmware_drives(struct boot_drive drives[BOOT_DRIVES])
{
    (void)drives;
    return 0;
}
