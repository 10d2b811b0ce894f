// SPDX-License-Identifier: BSD-2-Clause
// The probe kernel after its first instructions: it writes that it was reached, with the TSC. With
// "raw-dma" on its command line it reads as many bytes as its first module has once more from the
// CD, with the largest possible DMA commands of the PIIX's IDE function (82371SB data sheet, 2.7;
// SFF-8020i), and writes how many ticks of the TSC that took. No loader can load the module faster.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stage2/bus/io.h"
#include "tools/bench/probe/xen_console.h"

void probe(const uint8_t *information, uint64_t reached);

// ---- Serial port

enum { COM1 = 0x3f8, LINE_STATUS = 5, HOLDING_EMPTY = 0x20, DEBUG_PORT = 0xe9, NO_PORT = 0xff };

/* Writes a text to the serial port. A PVH guest of Xen has none, but a console. */
static void print(const char *text)
{
    if (in8(COM1 + LINE_STATUS) == NO_PORT) {
        xen_console_print(text);
        return;
    }
    for (; *text != '\0'; text++) {
        while ((in8(COM1 + LINE_STATUS) & HOLDING_EMPTY) == 0) {
        }
        out8(COM1, (uint8_t)*text);
    }
}

static void print_hex(uint64_t value)
{
    char text[19] = "0x";
    for (unsigned i = 0; i < 16; i++) {
        text[2 + i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
    }
    print(text);
}

static uint64_t ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

// ---- Multiboot information (3.3)

enum { INFO_CMDLINE = 1 << 2, INFO_MODS = 1 << 3, CMDLINE = 16, MODS_COUNT = 20, MODS_ADDR = 24 };

static uint32_t word(const uint8_t *at, size_t offset)
{
    return *(const uint32_t *)(const void *)(at + offset);
}

static bool is_wanted(const uint8_t *information)
{
    static const char wanted[] = "raw-dma";
    if ((word(information, 0) & INFO_CMDLINE) == 0) {
        return false;
    }
    for (const char *at = (const char *)(uintptr_t)word(information, CMDLINE); *at != '\0'; at++) {
        size_t length = 0;
        while (length < sizeof wanted - 1 && at[length] == wanted[length]) {
            length++;
        }
        if (length == sizeof wanted - 1) {
            return true;
        }
    }
    return false;
}

// ---- PCI: the IDE function

enum {
    PCI_ADDRESS = 0xcf8,
    PCI_DATA = 0xcfc,
    PCI_FUNCTIONS = 32 * 8,
    PCI_COMMAND = 0x04,
    PCI_COMMAND_BUS_MASTER = 4,
    PCI_BAR4 = 0x20,
    PCI_BAR_IO_MASK = 0xfffc,
    PIIX3_IDE = 0x70108086,
    PIIX4_IDE = 0x71118086,
};
#define PCI_ENABLE 0x80000000u

static uint32_t pci_read(uint32_t function, uint32_t offset)
{
    out32(PCI_ADDRESS, PCI_ENABLE | function << 8 | offset);
    return in32(PCI_DATA);
}

/* Finds a PIIX's bus master, lets it access memory, and returns its ports; 0: there is none. */
static uint16_t find_bus_master(void)
{
    for (uint32_t function = 0; function < PCI_FUNCTIONS; function++) {
        uint32_t identity = pci_read(function, 0);
        if (identity == PIIX3_IDE || identity == PIIX4_IDE) {
            uint32_t command = pci_read(function, PCI_COMMAND) & 0xffff;
            out32(PCI_DATA, command | PCI_COMMAND_BUS_MASTER);
            return (uint16_t)(pci_read(function, PCI_BAR4) & PCI_BAR_IO_MASK);
        }
    }
    return 0;
}

// ---- The drive

enum {
    CHANNELS = 2,
    DRIVES = 2,
    DATA = 0,
    FEATURES = 1,
    BYTES_LOW = 4,
    BYTES_HIGH = 5,
    DEVICE = 6,
    STATUS = 7,
    COMMAND = 7,
    DEVICE_SLAVE = 0x10,
    STATUS_ERROR = 0x01,
    STATUS_DATA_REQUEST = 0x08,
    STATUS_BUSY = 0x80,
    IDENTIFY_PACKET_DEVICE = 0xa1,
    IDENTIFY_WORDS = 256,
    PACKET = 0xa0,
    FEATURE_DMA = 1,
    READ_12 = 0xa8,
    TRIES = 100000,
};

static uint16_t ports; /* of the drive's channel */

static bool wait_data_request(void)
{
    for (unsigned i = 0; i < TRIES; i++) {
        uint8_t status = in8(ports + STATUS);
        if (status == 0 || status == 0xff ||
            (status & (STATUS_BUSY | STATUS_ERROR)) == STATUS_ERROR) {
            return false;
        }
        if ((status & (STATUS_BUSY | STATUS_DATA_REQUEST)) == STATUS_DATA_REQUEST) {
            return true;
        }
    }
    return false;
}

/* Selects the first CD drive; returns its channel, CHANNELS if there is none. */
static unsigned find_cd(void)
{
    static const uint16_t channel_ports[CHANNELS] = {0x1f0, 0x170};
    for (unsigned i = 0; i < CHANNELS * DRIVES; i++) {
        ports = channel_ports[i / DRIVES];
        out8(ports + DEVICE, i % DRIVES != 0 ? DEVICE_SLAVE : 0);
        out8(ports + COMMAND, IDENTIFY_PACKET_DEVICE);
        if (wait_data_request()) {
            for (unsigned j = 0; j < IDENTIFY_WORDS; j++) {
                in16(ports + DATA);
            }
            return i / DRIVES;
        }
    }
    return CHANNELS;
}

// ---- Its interrupt

enum {
    PIC1_MASK = 0x21,
    PIC2_MASK = 0xa1,
    ALL_BUT_CASCADE = 0xfb,
    ALL_BUT_DRIVES = 0x3f,
    CODE = 0x08,   /* entry.asm's descriptor */
    GATE = 0x8e00, /* of an interrupt, present */
    CHANNEL_LINES = 2,
};

/* entry.asm */
struct gate {
    uint16_t offset, selector, flags, upper_offset;
};
extern struct gate interrupts[CHANNEL_LINES];
void drive_interrupt(void);
void rest(void);

static void accept_interrupts(void)
{
    uint32_t offset = (uint32_t)(uintptr_t)drive_interrupt;
    for (unsigned i = 0; i < CHANNEL_LINES; i++) {
        interrupts[i] = (struct gate){(uint16_t)offset, CODE, GATE, (uint16_t)(offset >> 16)};
    }
    out8(PIC1_MASK, ALL_BUT_CASCADE);
    out8(PIC2_MASK, ALL_BUT_DRIVES);
}

// ---- Reading

#define REGION_LAST 0x80000000u

enum {
    SECTOR = 2048,
    VOLUME_DESCRIPTOR = 16, /* its sector, read along */
    REGION_BYTES = 0x10000,
    REGIONS = 512,                          /* QEMU reads no more of a table */
    COMMAND_BYTES = REGIONS * REGION_BYTES, /* 32 MiB */
    LARGEST_BYTES = 1 << 30,
    BUS_MASTER_PORTS = 8, /* of a channel */
    BUS_MASTER_STATUS = 2,
    BUS_MASTER_TABLE = 4,
    START_TO_MEMORY = 0x09,
    ACTIVE = 1,
    ERROR = 2,
    INTERRUPT = 4,
};

static struct {
    uint32_t address, bytes_and_flags;                    /* bytes 0: 64 KiB */
} regions[REGIONS] __attribute__((aligned(REGIONS * 8))); /* crosses no 64 KiB */

static void describe(uint32_t address, uint32_t length)
{
    unsigned last = (length - 1) / REGION_BYTES;
    for (unsigned i = 0; i <= last; i++) {
        regions[i].address = address + i * REGION_BYTES;
        regions[i].bytes_and_flags = i < last ? 0 : (length & (REGION_BYTES - 1)) | REGION_LAST;
    }
}

/* Sends the command to read `count` sectors from sector `lba` on. */
static void send_packet(uint32_t lba, uint32_t count)
{
    const uint8_t packet[12] = {READ_12,
                                0,
                                (uint8_t)(lba >> 24),
                                (uint8_t)(lba >> 16),
                                (uint8_t)(lba >> 8),
                                (uint8_t)lba,
                                (uint8_t)(count >> 24),
                                (uint8_t)(count >> 16),
                                (uint8_t)(count >> 8),
                                (uint8_t)count};
    for (unsigned i = 0; i < sizeof packet; i += 2) {
        out16(ports + DATA, (uint16_t)(packet[i] | packet[i + 1] << 8));
    }
}

/* Reads with one command; the length is in bytes. */
static bool read_part(uint16_t bus_master, uint32_t lba, uint32_t address, uint32_t length)
{
    describe(address, length);
    __asm__ volatile("" ::: "memory");
    out32(bus_master + BUS_MASTER_TABLE, (uint32_t)(uintptr_t)regions);
    out8(bus_master, START_TO_MEMORY & ~1);
    out8(bus_master + BUS_MASTER_STATUS, ERROR | INTERRUPT);
    out8(ports + FEATURES, FEATURE_DMA);
    out8(ports + BYTES_LOW, 0);
    out8(ports + BYTES_HIGH, 0);
    out8(ports + COMMAND, PACKET);
    if (!wait_data_request()) {
        return false;
    }
    send_packet(lba, length / SECTOR);
    out8(bus_master, START_TO_MEMORY);
    uint8_t status;
    do {
        rest(); /* the loader waits so too: each look at the status costs time */
    } while (((status = in8(bus_master + BUS_MASTER_STATUS)) & (ACTIVE | ERROR)) == ACTIVE);
    if ((status & ERROR) != 0) {
        return false;
    }
    out8(bus_master, 0);
    __asm__ volatile("" ::: "memory");
    return (in8(ports + STATUS) & (STATUS_BUSY | STATUS_ERROR)) == 0;
}

/* Reads this many bytes from the disc's beginning. */
static bool read(uint16_t bus_master, uint32_t address, uint32_t length)
{
    for (uint32_t done = 0, part; done < length; done += part) {
        part = length - done < COMMAND_BYTES ? length - done : COMMAND_BYTES;
        if (!read_part(bus_master, done / SECTOR, address + done, part)) {
            return false;
        }
    }
    return true;
}

/* True if the data contain the ISO's volume descriptor. */
static bool arrived(const uint8_t *data)
{
    const char *identifier = "CD001";
    for (unsigned i = 0; i < 5; i++) {
        if (data[VOLUME_DESCRIPTOR * SECTOR + 1 + i] != (uint8_t)identifier[i]) {
            return false;
        }
    }
    return true;
}

/* Measures the reading and writes the result. Returns NULL, or why nothing was measured. */
static const char *measure(const uint8_t *information)
{
    if ((word(information, 0) & INFO_MODS) == 0 || word(information, MODS_COUNT) == 0) {
        return "no module";
    }
    const uint8_t *module = (const uint8_t *)(uintptr_t)word(information, MODS_ADDR);
    uint32_t start = word(module, 0), end = word(module, 4);
    uint32_t length = (end - start + SECTOR - 1) & ~(uint32_t)(SECTOR - 1);
    if (length <= (VOLUME_DESCRIPTOR + 1) * SECTOR || length > LARGEST_BYTES) {
        return "the module is too small or too large";
    }
    uint16_t bus_master = find_bus_master();
    unsigned channel = bus_master != 0 ? find_cd() : CHANNELS;
    if (channel == CHANNELS) {
        return "no CD drive of a PIIX";
    }
    uint32_t buffer = (end + REGION_BYTES - 1) & ~(uint32_t)(REGION_BYTES - 1);
    accept_interrupts();
    uint64_t before = ticks();
    bool done = read((uint16_t)(bus_master + channel * BUS_MASTER_PORTS), buffer, length);
    uint64_t taken = ticks() - before;
    if (!done || !arrived((const uint8_t *)(uintptr_t)buffer)) {
        return "DMA failed";
    }
    print("whelk-raw-dma: ");
    print_hex(length);
    print(" bytes ");
    print_hex(taken);
    print(" ticks\n");
    return NULL;
}

/* Writes a line to the debug port: Xen logs it with the time, without asking the device model. */
static void mark(const char *text)
{
    for (; *text != '\0'; text++) {
        out8(DEBUG_PORT, (uint8_t)*text);
    }
}

void probe(const uint8_t *information, uint64_t reached)
{
    mark("kernel\n");
    print("whelk-probe ");
    print_hex(reached);
    print("\n");
    if (is_wanted(information)) {
        const char *reason = measure(information);
        if (reason != NULL) {
            print("whelk-raw-dma: ");
            print(reason);
            print("\n");
        }
    }
}
