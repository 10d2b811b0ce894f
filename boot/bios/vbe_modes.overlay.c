// SPDX-License-Identifier: BSD-2-Clause
// Video modes by VBE (VESA BIOS Extension 3.0, section 4) and VBE/DDC 1.1. Linear frame buffers
// only.
#include <string.h>
#include "boot/bios/vbe.h"
#include "loader/bytes.h"
#include "stage2/firmware.h"

enum {
    DDC_READ_EDID = 1,
    VBE_3 = 0x300,

    FIRST_VBE_MODE = 0x100, /* lower numbers are VGA's modes, without a linear one */
    MODE_LINEAR = 1 << 14,
    MODE_LIST_END = 0xffff,
    MODE_LIST_LIMIT = 512, /* mode numbers have 9 bits: a longer list is broken */

    ATTRIBUTE_SUPPORTED = 1 << 0,
    ATTRIBUTE_COLOUR = 1 << 3,
    ATTRIBUTE_GRAPHICS = 1 << 4,
    ATTRIBUTE_LINEAR = 1 << 7,
    ATTRIBUTES_NEEDED =
        ATTRIBUTE_SUPPORTED | ATTRIBUTE_COLOUR | ATTRIBUTE_GRAPHICS | ATTRIBUTE_LINEAR,

    MODEL_PACKED_PIXEL = 4,
    MODEL_DIRECT_COLOUR = 6,
};

struct vbe_colour {
    uint8_t blue, green, red, unused;
};

/* Buffers for the firmware, below 1 MiB. */
static struct vbe_mode_info mode_info;
static union {
    uint8_t edid[EDID_BYTES];
    struct vbe_colour palette[PALETTE_COLOURS];
} buffer;

/* Called only if a video mode is asked for: QEMU's video BIOS does not have the function, and
   writes that to a debug port, byte by byte: findings/seabios-1.16-vbe-3-without-function-0a.sh */
void firmware_video_interface(struct video *video)
{
    if (vbe.is_present && vbe_call(VBE_PROTECTED_MODE_INTERFACE, 0, 0, NULL)) {
        video->vbe_interface_seg = vbe.answer.es;
        video->vbe_interface_off = (uint16_t)vbe.answer.edi;
        video->vbe_interface_len = (uint16_t)vbe.answer.ecx;
    }
}

/* A mode's information; NULL: the firmware has none. */
static const struct vbe_mode_info *read_mode_info(uint32_t number)
{
    memset(&mode_info, 0, sizeof mode_info);
    return vbe_call(VBE_MODE_INFORMATION, 0, number, &mode_info) ? &mode_info : NULL;
}

static bool is_usable(const struct vbe_mode_info *info)
{
    unsigned depth = info->bits_per_pixel;
    return (info->attributes & ATTRIBUTES_NEEDED) == ATTRIBUTES_NEEDED &&
           (info->memory_model == MODEL_PACKED_PIXEL ||
            info->memory_model == MODEL_DIRECT_COLOUR) &&
           (depth == 15 || (depth != 0 && depth % 8 == 0 && depth <= 32)) && info->address != 0;
}

bool firmware_video_mode(uint32_t index, struct video_mode *mode)
{
    uint32_t entry = vbe.control.mode_list_segment * 16u + vbe.control.mode_list_offset + 2 * index;
    mode->depth = 0;
    mode->number = load16((const uint8_t *)bios_data(entry));
    if (!vbe.is_present || index == MODE_LIST_LIMIT || mode->number == MODE_LIST_END) {
        return false;
    }
    const struct vbe_mode_info *info =
        mode->number >= FIRST_VBE_MODE ? read_mode_info(mode->number) : NULL;
    if (info != NULL && is_usable(info)) {
        mode->width = info->width;
        mode->height = info->height;
        mode->depth = info->bits_per_pixel;
    }
    return true;
}

struct video_size firmware_video_display_size(void)
{
    memset(&buffer, 0, sizeof buffer);
    if (vbe.is_present) {
        vbe_call(VBE_DDC, DDC_READ_EDID, 0, buffer.edid);
    }
    return video_edid_size(buffer.edid);
}

/* Sets the colours that the kernel is told. Firmware without this function starts with them. */
static void set_palette(void)
{
    for (unsigned i = 0; i < PALETTE_COLOURS; i++) {
        const uint8_t *colour = video_palette[i];
        buffer.palette[i].red = colour[0] >> 2; /* 6 bits each */
        buffer.palette[i].green = colour[1] >> 2;
        buffer.palette[i].blue = colour[2] >> 2;
    }
    vbe_call(VBE_SET_PALETTE, 0, PALETTE_COLOURS, buffer.palette);
}

static void describe_mode(const struct vbe_mode_info *info, struct framebuffer *framebuffer)
{
    framebuffer->address = info->address;
    framebuffer->pitch = info->bytes_per_line;
    if (vbe.control.version >= VBE_3 && info->linear_bytes_per_line != 0) {
        framebuffer->pitch = info->linear_bytes_per_line;
    }
    framebuffer->width = info->width;
    framebuffer->height = info->height;
    framebuffer->bpp = info->bits_per_pixel;
    if (info->memory_model == MODEL_PACKED_PIXEL) {
        framebuffer->type = FRAMEBUFFER_INDEXED;
        set_palette();
        return;
    }
    framebuffer->type = FRAMEBUFFER_RGB;
    for (unsigned i = 0; i < 3; i++) {
        framebuffer->masks[2 * i] = info->masks[i].position;
        framebuffer->masks[2 * i + 1] = info->masks[i].size;
    }
}

bool firmware_video_set(const struct video_mode *mode, struct video *video)
{
    uint32_t number = mode->number | MODE_LINEAR;
    const struct vbe_mode_info *info = read_mode_info(mode->number);
    if (info == NULL || !vbe_call(VBE_SET_MODE, number, 0, NULL)) {
        return false;
    }
    screen_is_graphic = true;
    video->vbe_mode = (uint16_t)number;
    video->vbe_mode_info = (const uint8_t *)info;
    describe_mode(info, &video->framebuffer);
    return true;
}
