// SPDX-License-Identifier: BSD-2-Clause
// See embedded.h. The assembler finds the two files in the build directory.
#include "tools/embedded.h"

__asm__(".pushsection .rodata\n"
        "embedded_boot_image_start: .incbin \"boot.img\"\n"
        "embedded_boot_image_end:\n"
        "embedded_mbr_start: .incbin \"mbr.img\"\n"
        "embedded_mbr_end:\n"
        ".balign 4\n"
        "embedded_boot_image_size: .long embedded_boot_image_end - embedded_boot_image_start\n"
        "embedded_mbr_size: .long embedded_mbr_end - embedded_mbr_start\n"
        ".popsection\n");

extern const uint8_t embedded_boot_image_start[], embedded_mbr_start[];
extern const uint32_t embedded_boot_image_size, embedded_mbr_size;

struct bytes embedded_boot_image(void)
{
    return (struct bytes){embedded_boot_image_start, embedded_boot_image_size};
}

struct bytes embedded_mbr(void)
{
    return (struct bytes){embedded_mbr_start, embedded_mbr_size};
}
