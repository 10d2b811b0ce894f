// SPDX-License-Identifier: BSD-2-Clause
// See embedded.h. The build gives the two files' paths.
#include "tools/embedded.h"

__asm__(".pushsection .rodata\n"
        "embedded_boot_image_start: .incbin \"" EMBEDDED_BOOT_IMAGE "\"\n"
        "embedded_boot_image_end:\n"
        "embedded_mbr_start: .incbin \"" EMBEDDED_MBR "\"\n"
        "embedded_mbr_end:\n"
        ".popsection\n");

extern const uint8_t embedded_boot_image_start[], embedded_boot_image_end[];
extern const uint8_t embedded_mbr_start[], embedded_mbr_end[];

struct bytes embedded_boot_image(void)
{
    return (struct bytes){embedded_boot_image_start,
                          (size_t)(embedded_boot_image_end - embedded_boot_image_start)};
}

struct bytes embedded_mbr(void)
{
    return (struct bytes){embedded_mbr_start, (size_t)(embedded_mbr_end - embedded_mbr_start)};
}
