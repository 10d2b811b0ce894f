// SPDX-License-Identifier: BSD-2-Clause
// Video modes by VBE (VESA BIOS Extension 3.0, section 4) and VBE/DDC 1.1; linear frame buffers
// only.
#include <string.h>
#include "boot/bios/bios.h"
#include "loader/bytes.h"
#include "stage2/firmware.h"

enum {
    INT_VIDEO = 0x10,
    VBE_CONTROLLER_INFORMATION = 0x4f00,
    VBE_MODE_INFORMATION = 0x4f01,
    VBE_SET_MODE = 0x4f02,
    VBE_SET_PALETTE = 0x4f09,
    VBE_PROTECTED_MODE_INTERFACE = 0x4f0a,
    VBE_DDC = 0x4f15,
    DDC_READ_EDID = 1,
    VBE_SUCCESS = 0x004f, /* AX */
    VBE_3 = 0x300,

    MODE_LINEAR = 1 << 14,
    MODE_TEXT = 3,
    MODE_LIST_END = 0xffff,
    MODE_LIST_LIMIT = 512, /* mode numbers have 9 bits: a longer list has no end */

    ATTRIBUTE_SUPPORTED = 1 << 0,
    ATTRIBUTE_COLOUR = 1 << 3,
    ATTRIBUTE_GRAPHICS = 1 << 4,
    ATTRIBUTE_LINEAR = 1 << 7,
    ATTRIBUTES_NEEDED =
        ATTRIBUTE_SUPPORTED | ATTRIBUTE_COLOUR | ATTRIBUTE_GRAPHICS | ATTRIBUTE_LINEAR,

    MODEL_PACKED_PIXEL = 4,
    MODEL_DIRECT_COLOUR = 6,

    TEXT_COLUMNS = 80,
    TEXT_ROWS = 25,
};

struct vbe_control_info {
    char signature[4];
    uint16_t version;
    uint32_t oem_string;
    uint32_t capabilities;
    uint16_t mode_list_offset, mode_list_segment;
    uint16_t total_memory;
    uint8_t more[VBE_CONTROL_INFO_BYTES - 20];
} __attribute__((packed));
_Static_assert(sizeof(struct vbe_control_info) == VBE_CONTROL_INFO_BYTES, "VBE 3.0, 4.3");

struct vbe_mode_info {
    uint16_t attributes;
    uint8_t windows[14];
    uint16_t bytes_per_line;
    uint16_t width, height;
    uint8_t character_size[2];
    uint8_t planes;
    uint8_t bits_per_pixel;
    uint8_t banks;
    uint8_t memory_model;
    uint8_t bank_size, pages, reserved1;
    struct {
        uint8_t size, position;
    } masks[3]; /* red, green, blue */
    uint8_t reserved_mask[2];
    uint8_t direct_colour;
    uint32_t address;
    uint8_t reserved2[6];
    uint16_t linear_bytes_per_line; /* VBE 3.0 */
    uint8_t more[VBE_MODE_INFO_BYTES - 52];
} __attribute__((packed));
_Static_assert(offsetof(struct vbe_mode_info, address) == 40, "VBE 3.0, 4.4");
_Static_assert(sizeof(struct vbe_mode_info) == VBE_MODE_INFO_BYTES, "VBE 3.0, 4.4");

struct vbe_colour {
    uint8_t blue, green, red, unused;
};

/* What the firmware writes to and reads from, below 1 MiB. */
static struct vbe_control_info control;
static struct vbe_mode_info text_info, mode_info;
static union {
    uint8_t edid[EDID_BYTES];
    struct vbe_colour palette[PALETTE_COLOURS];
} buffer;
static bool vbe_present;

static const struct framebuffer text = {
    .address = 0xb8000,
    .pitch = 2 * TEXT_COLUMNS,
    .width = TEXT_COLUMNS,
    .height = TEXT_ROWS,
    .bpp = 16,
    .type = FRAMEBUFFER_TEXT,
};

/* What the last call left. */
static struct bios_registers answer;

static bool vbe_call(uint32_t function, uint32_t ebx, uint32_t ecx, const void *memory)
{
    struct bios_registers registers = {
        .eax = function,
        .ebx = ebx,
        .ecx = ecx,
        .es = bios_segment(memory),
        .edi = bios_offset(memory),
    };
    bios_call(INT_VIDEO, &registers);
    answer = registers;
    return (uint16_t)registers.eax == VBE_SUCCESS;
}

void firmware_video_text(struct video *video)
{
    memset(video, 0, sizeof *video);
    memcpy(control.signature, "VBE2", sizeof control.signature); /* asks for all 512 bytes */
    vbe_present = vbe_call(VBE_CONTROLLER_INFORMATION, 0, 0, &control);
    if (vbe_present) {
        video->vbe_control_info = (const uint8_t *)&control;
        video->vbe_control_address = (uint32_t)(uintptr_t)&control;
        video->vbe_mode = MODE_TEXT;
        video->vbe_mode_info = (const uint8_t *)&text_info;
        text_info.width = TEXT_COLUMNS; /* VBE itself has nothing on mode 3 */
        text_info.height = TEXT_ROWS;
    }
    video->framebuffer = text;
    if (!vbe_present && !firmware_screen_present()) {
        video->framebuffer.type = FRAMEBUFFER_NONE;
    }
}

/* Not for everyone: QEMU's video BIOS, which does not have it, says so on a debug port, letter by
   letter. */
void firmware_video_interface(struct video *video)
{
    if (vbe_present && vbe_call(VBE_PROTECTED_MODE_INTERFACE, 0, 0, NULL)) {
        video->vbe_interface_seg = answer.es;
        video->vbe_interface_off = (uint16_t)answer.edi;
        video->vbe_interface_len = (uint16_t)answer.ecx;
    }
}

/* NULL: nothing is known of it. */
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
    uint32_t entry = control.mode_list_segment * 16u + control.mode_list_offset + 2 * index;
    mode->depth = 0;
    mode->number = load16((const uint8_t *)bios_data(entry));
    if (!vbe_present || index == MODE_LIST_LIMIT || mode->number == MODE_LIST_END) {
        return false;
    }
    const struct vbe_mode_info *info = read_mode_info(mode->number);
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
    if (vbe_present) {
        vbe_call(VBE_DDC, DDC_READ_EDID, 0, buffer.edid);
    }
    return video_edid_size(buffer.edid);
}

/* The colours that the kernel is told. Firmware without this call leaves the same ones. */
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
    if (control.version >= VBE_3 && info->linear_bytes_per_line != 0) {
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
