// SPDX-License-Identifier: BSD-2-Clause
// The screen in VGA's text mode 3 (80 x 25), by registers alone: IBM VGA technical reference. The
// mode is set, with our font, when somebody first asks for the screen.
#include "boot/bare/screen.h"

#include <string.h>
#include "boot/bare/bare.h"
#include "boot/bare/font/font.h"
#include "boot/bare/fw_cfg.h"
#include "boot/bare/pci.h"
#include "boot/bare/rom_segment.h"
#include "boot/pc/bda.h"
#include "stage2/bus/io.h"
#include "stage2/bus/pci.h"
#include "stage2/firmware.h"

enum {
    COLUMNS = 80,
    ROWS = 25,
    CELLS = COLUMNS * ROWS,
    NORMAL = 0x0700, /* attributes */
    INVERSE = 0x7000,
    TEXT = 0xb8000,
    PLANE = 0xa0000,
    CHARACTERS = 256,
    FONT_STRIDE = 32, /* bytes of a character in plane 2 */

    PORT_ATTRIBUTE = 0x3c0,
    PORT_MISC = 0x3c2,
    PORT_SEQUENCER = 0x3c4,
    PORT_DAC_MASK = 0x3c6,
    PORT_DAC_INDEX = 0x3c8,
    PORT_DAC_DATA = 0x3c9,
    PORT_MISC_READ = 0x3cc,
    PORT_GRAPHICS = 0x3ce,
    PORT_CRTC = 0x3d4,
    PORT_STATUS = 0x3da, /* read: the next write to PORT_ATTRIBUTE is an index */
    ABSENT = 0xff,
    MISC_TEXT = 0x67,
    ATTRIBUTE_SCREEN_ON = 0x20,
    CRTC_PROTECT = 0x11,
    CRTC_CURSOR_HIGH = 0x0e,
    CRTC_CURSOR_LOW = 0x0f,

    BDA_CURSOR = 0x450,

    BAR0 = 0x10,
};
#define BAR_MASK 0xfffffff0u

_Static_assert(FONT_STRIDE == 2 * FONT_ROWS, "the offset of a row is i + (i & ~(FONT_ROWS - 1))");

extern const uint8_t screen_font[CHARACTERS * FONT_ROWS]; /* screen_font.asm */

bool screen_is_graphic;

static bool inverse;
static unsigned cursor; /* cell */

/* Registers from index 0 on, for text of 80 x 25 in characters of 9 x 16. */
static const uint8_t sequencer[] = {0x03, 0x00, 0x03, 0x00, 0x02};
static const uint8_t crtc[] = {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00,
                               0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
                               0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff};
static const uint8_t graphics[] = {0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x0f, 0xff};
static const uint8_t attributes[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14,
                                     0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d,
                                     0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00};

/* Index and value in one access, as each is an exit to the hypervisor. */
static void set(uint16_t port, unsigned index, unsigned value)
{
    out16(port, (uint16_t)(value << 8 | index));
}

static void set_all(uint16_t port, const uint8_t *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        set(port, i, values[i]);
    }
}

static void set_attributes(void)
{
    in8(PORT_STATUS);
    for (unsigned i = 0; i < sizeof attributes; i++) {
        out8(PORT_ATTRIBUTE, (uint8_t)i);
        out8(PORT_ATTRIBUTE, attributes[i]);
    }
    out8(PORT_ATTRIBUTE, ATTRIBUTE_SCREEN_ON);
}

void screen_set_palette(const uint8_t *colours, unsigned count)
{
    uint32_t left = PALETTE_BYTES * count;
    out8(PORT_DAC_INDEX, 0);
    __asm__ volatile("rep outsb"
                     : "+S"(colours), "+c"(left)
                     : "d"((uint16_t)PORT_DAC_DATA)
                     : "memory");
}

/* Text modes choose 16 of these 64 colours: a bit of two thirds and one of a third for each of red,
   green and blue. */
#define LEVEL(i, colour) (((i) >> (2 - (colour)) & 1) * 0x2a + ((i) >> (5 - (colour)) & 1) * 0x15)
#define COLOURS_01(i)    LEVEL(i, 0), LEVEL(i, 1), LEVEL(i, 2)
#define COLOURS_04(i)    COLOURS_01(i), COLOURS_01((i) + 1), COLOURS_01((i) + 2), COLOURS_01((i) + 3)
#define COLOURS_16(i)    COLOURS_04(i), COLOURS_04((i) + 4), COLOURS_04((i) + 8), COLOURS_04((i) + 12)
static const uint8_t colours[] = {COLOURS_16(0), COLOURS_16(16), COLOURS_16(32), COLOURS_16(48)};

static void set_palette(void)
{
    screen_set_palette(colours, sizeof colours / PALETTE_BYTES);
    out8(PORT_DAC_MASK, 0xff);
}

static volatile uint16_t *text(void)
{
    return (volatile uint16_t *)(uintptr_t)bios_data(TEXT);
}

/* Writes font and an empty screen through VGA's windows. */
static void fill_by_window(void)
{
    volatile uint8_t *plane = (volatile uint8_t *)(uintptr_t)bios_data(PLANE);
    set(PORT_SEQUENCER, 2, 0x04); /* writes go to plane 2, as it is, from 0xa0000 on */
    set(PORT_SEQUENCER, 4, 0x07);
    set(PORT_GRAPHICS, 5, 0x00);
    set(PORT_GRAPHICS, 6, 0x04);
    for (unsigned i = 0; i < CHARACTERS * FONT_ROWS; i++) {
        plane[i + (i & ~(FONT_ROWS - 1u))] = screen_font[i];
    }
    set_all(PORT_SEQUENCER, sequencer, sizeof sequencer);
    set_all(PORT_GRAPHICS, graphics, sizeof graphics);
    for (unsigned i = 0; i < CELLS; i++) {
        text()[i] = NORMAL | ' ';
    }
}

/* The same through QEMU's frame buffer, where the four planes' bytes follow each other: RAM, while
   each access to a window is an exit to the hypervisor. What is after the screen is blank, too. */
static void fill_by_frame_buffer(uint32_t *memory)
{
    for (unsigned i = 0; i < CHARACTERS * FONT_ROWS; i++) {
        uint32_t *row = memory + i + (i & ~(FONT_ROWS - 1u));
        row[0] = NORMAL | ' ' | (uint32_t)screen_font[i] << 16;
        row[FONT_ROWS] = NORMAL | ' '; /* in the half of a character's rows that is not used */
    }
}

/* The frame buffer of a VGA of QEMU's own making. NULL: another one, or none. */
static uint32_t *qemu_frame_buffer(void)
{
    static const uint32_t known[] = {0x11111234 /* std */, 0x10501af4 /* virtio */};
    const struct pci_function *vga = pci_vga();
    for (unsigned i = 0; vga != NULL && i < sizeof known / sizeof known[0]; i++) {
        if (vga->identity == known[i]) {
            uint32_t address = pci_read(vga->function, BAR0) & BAR_MASK;
            return (uint32_t *)(uintptr_t)address;
        }
    }
    return NULL;
}

static void set_text_mode(void)
{
    uint32_t *frame_buffer = qemu_frame_buffer();
    out8(PORT_MISC, MISC_TEXT);
    set_all(PORT_SEQUENCER, sequencer, sizeof sequencer);
    set(PORT_CRTC, CRTC_PROTECT, 0); /* registers 0 to 7 can be written */
    set_all(PORT_CRTC, crtc, sizeof crtc);
    set_all(PORT_GRAPHICS, graphics, sizeof graphics);
    set_attributes();
    set_palette();
    if (frame_buffer != NULL) {
        fill_by_frame_buffer(frame_buffer);
    } else {
        fill_by_window();
    }
}

/* A firmware that has started us by PVH may have set the mode already. */
static void start_text(void)
{
    if (in8(PORT_MISC_READ) == MISC_TEXT) {
        firmware_screen_clear();
        return;
    }
    set_text_mode();
    rom_segment_set_video();
}

/* Whether there is a VGA, and not all output is on the serial port (-nographic). */
static bool find_screen(void)
{
    uint16_t no_graphic = 0;
    if (bare_machine.platform == BARE_QEMU) {
        fw_cfg_read(FW_CFG_NOGRAPHIC, 0, &no_graphic, sizeof no_graphic);
    }
    return bare_machine.platform != BARE_XEN_PVH && no_graphic == 0 &&
           in8(PORT_MISC_READ) != ABSENT;
}

bool firmware_screen_present(void)
{
    static enum { UNKNOWN, NO, YES } answer;
    if (answer == UNKNOWN) {
        answer = NO;
        bare_finish(); /* the VGA must have its addresses */
        if (find_screen()) {
            start_text();
            answer = YES;
        }
    }
    return answer == YES && !screen_is_graphic;
}

static void move_cursor(unsigned cell)
{
    cursor = cell;
    set(PORT_CRTC, CRTC_CURSOR_HIGH, cell >> 8);
    set(PORT_CRTC, CRTC_CURSOR_LOW, cell & 0xff);
    *(volatile uint16_t *)(uintptr_t)bios_data(BDA_CURSOR) =
        (uint16_t)(cell / COLUMNS << 8 | cell % COLUMNS);
}

static void clear(unsigned from)
{
    for (unsigned i = from; i < CELLS; i++) {
        text()[i] = NORMAL | ' ';
    }
}

static void scroll(void)
{
    for (unsigned i = 0; i < CELLS - COLUMNS; i++) {
        text()[i] = text()[i + COLUMNS];
    }
    clear(CELLS - COLUMNS);
}

void firmware_screen_write(char character)
{
    unsigned next = cursor;
    if (character == '\n') {
        next += COLUMNS - cursor % COLUMNS;
    } else if (character == '\b') {
        next -= cursor % COLUMNS != 0;
    } else {
        text()[next++] = (uint16_t)((inverse ? INVERSE : NORMAL) | (uint8_t)character);
    }
    if (next >= CELLS) {
        scroll();
        next -= COLUMNS;
    }
    move_cursor(next);
}

void firmware_screen_clear(void)
{
    clear(0);
    move_cursor(0);
}

void firmware_screen_move(unsigned row, unsigned column)
{
    move_cursor(row * COLUMNS + column);
}

void firmware_screen_inverse(int on)
{
    inverse = on != 0;
}
