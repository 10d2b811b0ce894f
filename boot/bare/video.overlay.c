// SPDX-License-Identifier: BSD-2-Clause
// Graphics modes by the interface of Bochs's display (DISPI), which QEMU's VGAs have: QEMU,
// docs/specs/standard-vga. The EDID is in the same device's memory.
#include <string.h>
#include "boot/bare/pci.h"
#include "boot/bare/screen.h"
#include "boot/pc/bda.h"
#include "stage2/bus/pci.h"
#include "stage2/display/card.h"
#include "stage2/firmware.h"

enum {
    BAR2 = 0x18, /* registers, the EDID first */
};

static const uint16_t sizes[][2] = {
    {320, 200},   {320, 240},   {400, 300},   {512, 384},   {640, 400},   {640, 480},
    {800, 600},   {1024, 768},  {1152, 864},  {1280, 720},  {1280, 768},  {1280, 800},
    {1280, 960},  {1280, 1024}, {1400, 1050}, {1440, 900},  {1600, 900},  {1600, 1200},
    {1680, 1050}, {1920, 1080}, {1920, 1200}, {2560, 1440}, {2560, 1600}, {3840, 2160},
};
static const uint8_t depths[] = {8, 15, 16, 24, 32};
enum { SIZES = sizeof sizes / sizeof sizes[0], DEPTHS = sizeof depths / sizeof depths[0] };

/* The address in a register of the VGA; 0: none. */
static uint32_t vga_address(uint32_t bar)
{
    const struct pci_function *vga = pci_vga();
    uint32_t value = vga != NULL ? pci_read(vga->function, bar) : 0;
    return (value & PCI_BAR_IO) == 0 ? value & PCI_BAR_MASK : 0;
}

/* Bytes of the frame buffer; 0: there is no such display. */
static uint32_t memory_size(void)
{
    return vga_address(PCI_BAR0) != 0 && firmware_screen_present() ? card_bochs_memory() : 0;
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
        memory = memory_size();
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
    uint32_t address = memory_size() != 0 ? vga_address(BAR2) : 0;
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
    screen_set_palette(colours[0], PALETTE_COLOURS);
}

bool firmware_video_set(const struct video_mode *mode, struct video *video)
{
    card_set_bochs_mode(vga_address(PCI_BAR0), mode, video);
    screen_is_graphic = true;
    if (mode->depth == 8) {
        set_palette();
    }
    return true;
}
