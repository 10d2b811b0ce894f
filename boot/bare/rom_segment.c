// SPDX-License-Identifier: BSD-2-Clause
// See rom_segment.h. The chipset decides for each piece from 0xc0000 on whether it is RAM or a ROM
// on the bus, for reads and for writes: PAM, Intel data sheets 82441FX and Q35, 3.2.18.
#include "boot/bare/rom_segment.h"

#include <string.h>
#include "boot/bare/chipset.h"
#include "boot/pc/bda.h"
#include "stage2/bus/io.h"
#include "stage2/bus/pci.h"

enum {
    PAM_440FX = 0x58, /* PAM 0 is at 0x59 */
    PAM_Q35 = 0x90,
    PAM_WRITABLE = 0x20,

    RESET_VECTOR = 0xffff0,
    MODEL = 0xffffe,
    MODEL_AT = 0xfc,
    JUMP_FAR = 0xea,

    /* Offsets in rom_segment.asm. */
    CODE_RESET = 0x80,
    CODE_VIDEO = 0xa0,

    VECTOR_VIDEO = 0x10,
    BDA = 0x400,
    EBDA = 0x9fc00,
    EBDA_KIB = 1,
};

extern const uint8_t rom_segment_code[], rom_segment_code_end[];
extern const uint8_t rom_segment_vectors[], rom_segment_vectors_end[];

/* Where the PAM registers are, and what they are in the end: RAM that is read-only, but for 0xe8000
   to 0xeffff. */
struct pam {
    uint32_t offset;
    uint32_t first, second; /* two registers of 32 bits */
    uint32_t writable;      /* in the first one: the segment 0xf0000 */
};
static const struct pam chipsets[] = {
    [CHIPSET_440FX] = {PAM_440FX, 0x11111000, 0x33111111, PAM_WRITABLE << 8},
    [CHIPSET_Q35] = {PAM_Q35, 0x11111110, 0x00331111, PAM_WRITABLE},
};

static bool has_code; /* the page of code is in its place */

static uint8_t *memory_at(uintptr_t address)
{
    return (uint8_t *)(uintptr_t)bios_data(address);
}

static bool is_writable(volatile uint8_t *at)
{
    uint8_t before = *at;
    *at = (uint8_t)~before;
    bool is_changed = *at != before;
    *at = before;
    return is_changed;
}

/* The last 16 bytes, as on a PC/AT: a jump that resets, a date, the model. */
static void write_end(void)
{
    static const uint8_t end[16] = {
        JUMP_FAR,
        CODE_RESET,
        0,
        ROM_SEGMENT_CODE >> 4 & 0xff,
        ROM_SEGMENT_CODE >> 12,
        '0',
        '1',
        '/',
        '0',
        '1',
        '/',
        '2',
        '6',
        0,
        MODEL_AT,
        0,
    };
    memcpy(memory_at(RESET_VECTOR), end, sizeof end);
}

void rom_segment_put_code(void)
{
    memcpy(memory_at(ROM_SEGMENT_CODE), rom_segment_code,
           (size_t)(rom_segment_code_end - rom_segment_code));
}

struct room rom_segment_open(void)
{
    const struct pam *pam = &chipsets[chipset_found()];
    if (pam->offset != 0) {
        pci_write(0, pam->offset, pam->first | pam->writable);
        pci_write(0, pam->offset + 4, pam->second);
    }
    if (!is_writable(memory_at(ROM_SEGMENT))) {
        return (struct room){0, 0};
    }
    if (*memory_at(ROM_SEGMENT_CODE) != 0) { /* tables from before a reset */
        memset(memory_at(ROM_SEGMENT), 0, ROM_SEGMENT_CODE - ROM_SEGMENT);
    }
    rom_segment_put_code();
    write_end();
    has_code = true;
    return (struct room){ROM_SEGMENT, ROM_SEGMENT_CODE};
}

void rom_segment_close(void)
{
    const struct pam *pam = &chipsets[chipset_found()];
    if (pam->offset != 0) {
        pci_write(0, pam->offset, pam->first);
    }
}

// ---- Real mode's data

static void set16(uintptr_t address, uint32_t value)
{
    uint16_t word = (uint16_t)value;
    memcpy(memory_at(address), &word, sizeof word);
}

/* Whether a UART is at this port: its registers keep what is written, and no interrupt waits. */
static bool is_uart(uint16_t port)
{
    enum { INTERRUPT_ENABLE = 1, INTERRUPT_IDENTITY = 2, ENABLE_TRANSMIT = 2, TRANSMIT = 2 };
    out8(port + INTERRUPT_ENABLE, ENABLE_TRANSMIT);
    bool is_there = in8(port + INTERRUPT_ENABLE) == ENABLE_TRANSMIT &&
                    in8(port + INTERRUPT_IDENTITY) == TRANSMIT;
    out8(port + INTERRUPT_ENABLE, 0);
    return is_there;
}

static bool is_parallel_port(uint16_t port)
{
    enum { PATTERN = 0xaa };
    out8(port, PATTERN);
    return in8(port) == PATTERN;
}

/* Lists the ports that are there, one after the other. Returns their number. */
static unsigned list_ports(uintptr_t list, const uint16_t *ports, size_t count,
                           bool (*is_there)(uint16_t port))
{
    unsigned found = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_there(ports[i])) {
            set16(list + 2 * found++, ports[i]);
        }
    }
    return found;
}

static uint8_t read_cmos(uint8_t index)
{
    enum { CMOS_INDEX = 0x70, CMOS_DATA = 0x71 };
    out8(CMOS_INDEX, index);
    return in8(CMOS_DATA);
}

static uint32_t read_clock(uint8_t index)
{
    uint8_t value = read_cmos(index); /* binary-coded decimal, as every PC has it */
    return (value >> 4) * 10u + (value & 15);
}

/* The timer's ticks since midnight by the real-time clock, 1,573,040 a day. */
static uint32_t ticks_of_day(void)
{
    enum { SECONDS = 0, MINUTES = 2, HOURS = 4, DAY_SECONDS = 24 * 60 * 60 };
    uint32_t now = (read_clock(HOURS) * 60 + read_clock(MINUTES)) * 60 + read_clock(SECONDS);
    return now < DAY_SECONDS ? now * 18 + now * 103 / 500 : 0; /* 18.2065 a second */
}

/* The equipment word: floppy disk, FPU, mouse, text of 80 columns in colours, ports. */
static uint32_t equipment(unsigned serial, unsigned parallel)
{
    enum { CMOS_FLOPPIES = 0x10, FLOPPY = 1, FPU_AND_MOUSE = 0x06, TEXT_80 = 0x20 };
    uint32_t word = FPU_AND_MOUSE | TEXT_80 | serial << 9 | parallel << 14;
    return read_cmos(CMOS_FLOPPIES) != 0 ? word | FLOPPY : word;
}

/* The BIOS data area, but for what devices tell. */
#define WORD(offset, value) [offset] = (value) % 0x100, [(offset) + 1] = (value) >> 8
static const uint8_t data_area[0x100] = {
    WORD(0x00, COM1), /* the loader's own; then all that there are */
    WORD(0x0e, EBDA >> 4), WORD(0x13, CONVENTIONAL_KIB),
    WORD(0x1a, 0x1e),                   /* no keys in the buffer */
    WORD(0x1c, 0x1e),      [0x49] = 3,  /* video mode */
    WORD(0x4a, 80),                     /* columns */
    WORD(0x4c, 0x1000),                 /* bytes of a page */
    WORD(0x60, 0x0607),                 /* cursor's shape */
    WORD(0x63, 0x3d4),                  /* CRT controller */
    [0x78] = 0x14,                      /* seconds to wait for a parallel port */
    [0x7c] = 0x0a,                      /* for a serial port */
    WORD(0x80, 0x1e),                   /* the buffer of keys: start, end */
    WORD(0x82, 0x3e),      [0x84] = 24, /* last row */
    WORD(0x85, 16),                     /* rows of a character */
    [0x87] = 0x60,                      /* VGA: 256 KiB, text of 400 lines, in colours */
    [0x88] = 0xf9,         [0x89] = 0x51,
    [0x8a] = 0x08,         [0x96] = 0x10, /* a keyboard with 101 keys */
};

void rom_segment_start_data(void)
{
    memcpy(memory_at(BDA), data_area, sizeof data_area);
}

void rom_segment_set_data(void)
{
    static const uint16_t serial_ports[] = {COM1, 0x2f8, 0x3e8, 0x2e8};
    static const uint16_t parallel_ports[] = {0x378, 0x278};
    memcpy(memory_at(0), rom_segment_vectors,
           (size_t)(rom_segment_vectors_end - rom_segment_vectors));
    uint32_t ticks = ticks_of_day();
    memcpy(memory_at(BDA_TICKS), &ticks, sizeof ticks);
    unsigned serial = list_ports(BDA_COM1, serial_ports, 4, is_uart);
    unsigned parallel = list_ports(0x408, parallel_ports, 2, is_parallel_port);
    set16(0x410, equipment(serial, parallel));
    memset(memory_at(EBDA), 0, EBDA_KIB * 1024);
    *memory_at(EBDA) = EBDA_KIB;
    /* The A20 line is on at the reset, and the port did not say so:
       findings/qemu-7.2-port-92-hides-a20.sh */
    out8(0x92, 0x02);
}

void rom_segment_set_video(void)
{
    if (has_code) {
        uint32_t far_pointer = (uint32_t)ROM_SEGMENT_CODE << 12 | CODE_VIDEO;
        memcpy(memory_at(VECTOR_VIDEO * sizeof far_pointer), &far_pointer, sizeof far_pointer);
    }
}
