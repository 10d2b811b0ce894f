// SPDX-License-Identifier: BSD-2-Clause
// Graphics modes by the interface of Bochs's display (DISPI), which QEMU's VGAs have: QEMU,
// docs/specs/standard-vga. The EDID is in the same device's memory.
#include <string.h>
#include "boot/bare/pci.h"
#include "boot/bare/screen.h"
#include "boot/pc/bda.h"
#include "stage2/bus/io.h"
#include "stage2/bus/pci.h"
#include "stage2/firmware.h"

enum {
    PORT_INDEX = 0x1ce,
    PORT_DATA = 0x1cf,
    REGISTER_ID = 0,
    REGISTER_WIDTH = 1,
    REGISTER_HEIGHT = 2,
    REGISTER_DEPTH = 3,
    REGISTER_ENABLE = 4,
    REGISTER_MEMORY = 10, /* units of 64 KiB */
    ID = 0xb0c0,          /* with the version in its last digit */
    ID_MASK = 0xfff0,
    ENABLED = 0x41, /* with the linear frame buffer */
    MEMORY_UNIT = 0x10000,

    BAR0 = 0x10, /* frame buffer */
    BAR2 = 0x18, /* registers, the EDID first */
    BAR_IO = 0x01,
};
#define BAR_MASK 0xfffffff0u

static const uint16_t sizes[][2] = {
    {320, 200},   {320, 240},   {400, 300},   {512, 384},   {640, 400},   {640, 480},
    {800, 600},   {1024, 768},  {1152, 864},  {1280, 720},  {1280, 768},  {1280, 800},
    {1280, 960},  {1280, 1024}, {1400, 1050}, {1440, 900},  {1600, 900},  {1600, 1200},
    {1680, 1050}, {1920, 1080}, {1920, 1200}, {2560, 1440}, {2560, 1600}, {3840, 2160},
};
static const uint8_t depths[] = {8, 15, 16, 24, 32};
enum { SIZES = sizeof sizes / sizeof sizes[0], DEPTHS = sizeof depths / sizeof depths[0] };

static uint16_t read_register(uint16_t index)
{
    uint16_t value;
    out16(PORT_INDEX, index);
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"((uint16_t)PORT_DATA));
    return value;
}

static void write_register(uint16_t index, uint32_t value)
{
    out16(PORT_INDEX, index);
    out16(PORT_DATA, (uint16_t)value);
}

/* The address in a register of the VGA; 0: none. */
static uint32_t vga_address(uint32_t bar)
{
    const struct pci_function *vga = pci_find_class(PCI_CLASS_VGA);
    uint32_t value = vga != NULL ? pci_read(vga->function, bar) : 0;
    return (value & BAR_IO) == 0 ? value & BAR_MASK : 0;
}

static bool is_present(void)
{
    return vga_address(BAR0) != 0 && firmware_screen_present() &&
           (read_register(REGISTER_ID) & ID_MASK) == ID;
}

static uint32_t bytes_per_line(const struct video_mode *mode)
{
    return mode->width * ((mode->depth + 7) / 8);
}

void firmware_video_interface(struct video *video)
{
    (void)video; /* there is no VBE */
}

bool firmware_video_mode(uint32_t index, struct video_mode *mode)
{
    static uint32_t memory; /* bytes of the frame buffer */
    if (index == 0) {
        memory = is_present() ? read_register(REGISTER_MEMORY) * (uint32_t)MEMORY_UNIT : 0;
    }
    if (index >= SIZES * DEPTHS || memory == 0) {
        return false;
    }
    *mode = (struct video_mode){
        .number = index,
        .width = sizes[index / DEPTHS][0],
        .height = sizes[index / DEPTHS][1],
        .depth = depths[index % DEPTHS],
    };
    if (bytes_per_line(mode) * mode->height > memory) {
        mode->depth = 0;
    }
    return true;
}

struct video_size firmware_video_display_size(void)
{
    uint8_t edid[EDID_BYTES] = {0};
    uint32_t address = is_present() ? vga_address(BAR2) : 0;
    if (address != 0) {
        memcpy(edid, (const uint8_t *)(uintptr_t)bios_data(address), sizeof edid);
    }
    return video_edid_size(edid);
}

/* The colours that the kernel is told. */
static void set_palette(void)
{
    uint8_t colours[PALETTE_COLOURS][3];
    for (unsigned i = 0; i < PALETTE_COLOURS; i++) {
        for (unsigned colour = 0; colour < 3; colour++) {
            colours[i][colour] = video_palette[i][colour] >> 2;
        }
    }
    screen_set_palette(colours, PALETTE_COLOURS);
}

/* Position and size of red, green and blue in a pixel. */
static void describe_masks(uint32_t depth, uint8_t masks[6])
{
    static const uint8_t of_15[] = {10, 5, 5, 5, 0, 5}, of_16[] = {11, 5, 5, 6, 0, 5},
                         of_32[] = {16, 8, 8, 8, 0, 8};
    memcpy(masks, depth == 15 ? of_15 : (depth == 16 ? of_16 : of_32), sizeof of_32);
}

bool firmware_video_set(const struct video_mode *mode, struct video *video)
{
    struct framebuffer *framebuffer = &video->framebuffer;
    write_register(REGISTER_ENABLE, 0);
    write_register(REGISTER_WIDTH, mode->width);
    write_register(REGISTER_HEIGHT, mode->height);
    write_register(REGISTER_DEPTH, mode->depth);
    write_register(REGISTER_ENABLE, ENABLED);
    screen_is_graphic = true;
    *framebuffer = (struct framebuffer){
        .address = vga_address(BAR0),
        .pitch = bytes_per_line(mode),
        .width = mode->width,
        .height = mode->height,
        .bpp = (uint8_t)mode->depth,
        .type = FRAMEBUFFER_INDEXED,
    };
    if (mode->depth == 8) {
        set_palette();
    } else {
        framebuffer->type = FRAMEBUFFER_RGB;
        describe_masks(mode->depth, framebuffer->masks);
    }
    return true;
}
