// SPDX-License-Identifier: BSD-2-Clause
// See card.h.
#include "stage2/display/card.h"

#include <string.h>
#include "stage2/bus/io.h"
#include "stage2/bus/pci.h"

enum {
    DEVICES = 32, /* of PCI's bus 0, where hypervisors have the VGA */
    BOCHS = 0x11111234,
    CIRRUS = 0x00b81013,

    INDEX_PORT = 0x1ce,
    DATA_PORT = 0x1cf,
    REGISTER_ID = 0,
    REGISTER_WIDTH = 1,
    REGISTER_HEIGHT = 2,
    REGISTER_DEPTH = 3,
    REGISTER_ENABLE = 4,
    REGISTER_MEMORY = 10, /* units of 64 KiB */
    ENABLED = 0x01,
    READ_LIMITS = 0x02, /* width and height read as the greatest ones */
    LINEAR = 0x40,
    ID = 0xb0c0, /* with the version in its last digit */
    ID_MASK = 0xfff0,
    MEMORY_UNIT = 0x10000,
    WIDTH_STEP = 8,
    MASKS = 6,
};

static void write_register(uint16_t index, uint32_t value)
{
    out16(INDEX_PORT, index);
    out16(DATA_PORT, (uint16_t)value);
}

static uint32_t read_register(uint16_t index)
{
    out16(INDEX_PORT, index);
    return in16(DATA_PORT);
}

enum card card_find(const struct video_request *request, uint32_t *framebuffer)
{
    if (!request->has_bochs_driver && !request->has_cirrus_driver) {
        return CARD_OTHER;
    }
    for (uint32_t device = 0; device < DEVICES; device++) {
        uint32_t function = device * PCI_FUNCTIONS_OF_DEVICE;
        uint32_t identity = pci_read(function, PCI_IDENTITY);
        if ((identity == BOCHS && request->has_bochs_driver) ||
            (identity == CIRRUS && request->has_cirrus_driver)) {
            *framebuffer = pci_read(function, PCI_BAR0) & PCI_BAR_MASK;
            return identity == BOCHS ? CARD_BOCHS : CARD_CIRRUS;
        }
    }
    return CARD_OTHER;
}

static uint32_t bytes_of_pixel(uint32_t depth)
{
    return (depth + 7) / 8;
}

uint32_t card_bochs_memory(void)
{
    bool is_present = (read_register(REGISTER_ID) & ID_MASK) == ID;
    return is_present ? read_register(REGISTER_MEMORY) * (uint32_t)MEMORY_UNIT : 0;
}

bool card_has_bochs_mode(const struct video_mode *mode)
{
    uint32_t enabled = read_register(REGISTER_ENABLE);
    write_register(REGISTER_ENABLE, enabled | READ_LIMITS);
    uint32_t width = read_register(REGISTER_WIDTH), height = read_register(REGISTER_HEIGHT);
    write_register(REGISTER_ENABLE, enabled);
    return mode->depth > 8 && bytes_of_pixel(mode->depth) <= 4 && mode->width <= width &&
           mode->width % WIDTH_STEP == 0 && mode->height <= height &&
           (uint64_t)mode->width * mode->height * bytes_of_pixel(mode->depth) <=
               card_bochs_memory();
}

/* Position and size of red, green and blue in a pixel. */
static const uint8_t *masks_of(uint32_t depth)
{
    static const uint8_t masks_15[MASKS] = {10, 5, 5, 5, 0, 5};
    static const uint8_t masks_16[MASKS] = {11, 5, 5, 6, 0, 5};
    static const uint8_t masks_24[MASKS] = {16, 8, 8, 8, 0, 8};
    return depth == 15 ? masks_15 : depth == 16 ? masks_16 : masks_24;
}

void card_set_bochs_mode(uint32_t framebuffer, const struct video_mode *mode, struct video *video)
{
    write_register(REGISTER_ENABLE, 0);
    write_register(REGISTER_WIDTH, mode->width);
    write_register(REGISTER_HEIGHT, mode->height);
    write_register(REGISTER_DEPTH, mode->depth);
    write_register(REGISTER_ENABLE, ENABLED | LINEAR);
    *video = (struct video){.framebuffer = {
                                .address = framebuffer,
                                .pitch = mode->width * bytes_of_pixel(mode->depth),
                                .width = mode->width,
                                .height = mode->height,
                                .bpp = (uint8_t)mode->depth,
                                .type = FRAMEBUFFER_INDEXED,
                            }};
    if (mode->depth > 8) {
        video->framebuffer.type = FRAMEBUFFER_RGB;
        memcpy(video->framebuffer.masks, masks_of(mode->depth), MASKS);
    }
}
