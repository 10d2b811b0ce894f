// SPDX-License-Identifier: BSD-2-Clause
// See video.h.
#include "loader/video.h"

#include <string.h>
#include "loader/bytes.h"

enum {
    REAL_MODE_END = 0x100000,
    FAR_POINTERS = 5,
};

const uint8_t video_palette[PALETTE_COLOURS][3] = {
    {0x00, 0x00, 0x00}, {0x00, 0x00, 0xa8}, {0x00, 0xa8, 0x00}, {0x00, 0xa8, 0xa8},
    {0xa8, 0x00, 0x00}, {0xa8, 0x00, 0xa8}, {0xa8, 0x54, 0x00}, {0xa8, 0xa8, 0xa8},
    {0x54, 0x54, 0x54}, {0x54, 0x54, 0xfe}, {0x54, 0xfe, 0x54}, {0x54, 0xfe, 0xfe},
    {0xfe, 0x54, 0x54}, {0xfe, 0x54, 0xfe}, {0xfe, 0xfe, 0x54}, {0xfe, 0xfe, 0xfe},
};

/* VBE 3.0, 4.3: OemStringPtr, VideoModePtr, OemVendorNamePtr, OemProductNamePtr,
   OemProductRevPtr, real mode's segment and offset. */
static const uint8_t far_pointers[FAR_POINTERS] = {6, 14, 22, 26, 30};

void video_copy_control_info(const struct video *video, uint8_t *target, uint32_t address)
{
    memcpy(target, video->vbe_control_info, VBE_CONTROL_INFO_BYTES);
    for (unsigned i = 0; i < FAR_POINTERS; i++) {
        uint8_t *pointer = target + far_pointers[i];
        uint32_t within = load16(pointer + 2) * 16u + load16(pointer) - video->vbe_control_address;
        uint32_t moved = address + within;
        if (within < VBE_CONTROL_INFO_BYTES && moved < REAL_MODE_END) {
            uint32_t segment_and_offset = (moved >> 4) << 16 | (moved & 15);
            memcpy(pointer, &segment_and_offset, sizeof segment_and_offset);
        }
    }
}
