// SPDX-License-Identifier: BSD-2-Clause
// See piix_ide.h. Intel 82371FB/SB (PIIX3) data sheet, 2.3 and 2.7; ATA/ATAPI-6; SFF-8020i for the
// packets. In layers, from the lowest up: bus master, drive, commands.
#include "stage2/disc/pc/piix_ide.h"

#include <stddef.h>
#include <string.h>
#include "stage2/bus/io.h"
#include "stage2/disc/irq_wait.h"
#include "stage2/disc/pace.h"
#include "stage2/bus/pci.h"
#include "stage2/timing/timeline.h"

// ---- Bus master

enum {
    BUS_MASTER_COMMAND = 0,
    BUS_MASTER_START = 0x01,
    BUS_MASTER_TO_MEMORY = 0x08,
    BUS_MASTER_STATUS = 2,
    BUS_MASTER_ACTIVE = 0x01,
    BUS_MASTER_ERROR = 0x02,
    BUS_MASTER_INTERRUPT = 0x04,
    BUS_MASTER_TABLE = 4,
    BUS_MASTER_CHANNEL_PORTS = 8,

    REGION_BYTES = 0x10000, /* a region must not cross a multiple of this */
    REGIONS = 256,          /* 254 for MAX_SECTORS, one more if unaligned, one for scratch */
    REGION_LAST = 0x8000,
};

/* Physical region descriptor (PRD). */
struct region {
    uint32_t address;
    uint16_t bytes; /* 0: 64 KiB */
    uint16_t flags;
};
_Static_assert(sizeof(struct region) == 8, "PIIX3, 2.7: PRD");

static struct region regions[REGIONS] __attribute__((aligned(REGIONS * sizeof(struct region))));

/* Adds a buffer to the table, split at multiples of REGION_BYTES. Returns the next free region. */
static struct region *describe(struct region *region, uint32_t address, uint32_t length)
{
    while (length > 0) {
        uint32_t bytes = REGION_BYTES - (address & (REGION_BYTES - 1));
        bytes = bytes < length ? bytes : length;
        *region++ = (struct region){.address = address, .bytes = (uint16_t)bytes};
        address += bytes;
        length -= bytes;
    }
    return region;
}

// ---- Drive

enum {
    CHANNELS = 2,
    DRIVES = 2,
    PRIMARY = 0x1f0,
    SECONDARY = 0x170,
    CONTROL_OFFSET = 0x206,

    REGISTER_DATA = 0,
    REGISTER_FEATURES = 1,
    REGISTER_COUNT = 2,
    REGISTER_LBA_LOW = 3,
    REGISTER_LBA_MID = 4,
    REGISTER_LBA_HIGH = 5,
    REGISTER_DEVICE = 6,
    REGISTER_STATUS = 7,
    REGISTER_COMMAND = 7,

    DEVICE_PACKET = 0xa0, /* the bits that were always 1 */
    DEVICE_LBA = 0xe0,
    DEVICE_SLAVE = 0x10,
    STATUS_ERROR = 0x01,
    STATUS_DATA_REQUEST = 0x08,
    STATUS_FAULT = 0x20,
    STATUS_BUSY = 0x80,
    NO_DEVICE = 0xff,
    CONTROL_NORMAL = 0x08,
    CONTROL_NO_INTERRUPT = 0x02,
    CONTROL_RESET = 0x04,

    COMMAND_DEVICE_RESET = 0x08,
    COMMAND_READ_DMA_EXT = 0x25,
    COMMAND_PACKET = 0xa0,
    FEATURE_DMA = 0x01,
    PACKET_READ_12 = 0xa8,
    PACKET_BYTES = 12,

    SECTOR_SIZE = 2048,
    DISK_SECTORS = 4, /* of 512 bytes in one of 2048 */
    MAX_SECTORS = (REGIONS - 2) * (REGION_BYTES / SECTOR_SIZE),
    READY_TRIES = 100000,
    LONG_MILLISECONDS = 500, /* from here on a wait looks at the data */
    LINE_PRIMARY = 14,       /* interrupts */
    LINE_SECONDARY = 15,
};

_Static_assert(MAX_SECTORS *DISK_SECTORS <= 0xffff, "READ DMA EXT counts to 65,535");

static struct drive {
    bool is_atapi;
    bool is_under_way;    /* a command */
    uint32_t bytes;       /* that it reads */
    uint8_t *odd_byte;    /* where scratch[0] belongs after the command; NULL: nowhere */
    bool is_changed;      /* PCI's command register */
    uint16_t pci_command; /* this register before the change */
    uint32_t function;    /* PCI device * 8 + function */
    uint16_t bus_master;  /* I/O ports of the channel */
    uint16_t ports;
    uint8_t device; /* register value that selects the drive */
} drive;

/* Takes the sector that is compared to find the drive, and the bytes after the end of a read. */
static uint8_t scratch[SECTOR_SIZE] __attribute__((aligned(SECTOR_SIZE)));

static uint8_t status(void)
{
    return in8((uint16_t)(drive.ports + CONTROL_OFFSET)); /* alternate status: no side effects */
}

static void set_control(uint8_t value)
{
    out8((uint16_t)(drive.ports + CONTROL_OFFSET), value);
}

static void set_register(uint16_t number, uint32_t value)
{
    out8((uint16_t)(drive.ports + number), (uint8_t)value);
}

/* Waits until the drive is not busy and its data request is as wanted: STATUS_DATA_REQUEST or 0.
   False: an error, or too many tries. */
static bool wait_ready(uint8_t data_request)
{
    for (unsigned tries = 0; tries < READY_TRIES; tries++) {
        uint8_t value = status();
        if (value == NO_DEVICE || (value & STATUS_BUSY) != 0) {
            continue;
        }
        if ((value & (STATUS_ERROR | STATUS_FAULT)) != 0 && data_request != 0) {
            return false;
        }
        if ((value & STATUS_DATA_REQUEST) == data_request) {
            return true;
        }
    }
    return false;
}

/* Selects the drive, with its interrupt off. Reading the status takes the 400 ns that a drive may
   need after that (ATA/ATAPI-6, 9.2). False: it is absent or does not get ready. */
static bool select_drive(void)
{
    set_control(CONTROL_NORMAL | CONTROL_NO_INTERRUPT);
    set_register(REGISTER_DEVICE, drive.device);
    uint8_t value = status();
    return value != NO_DEVICE && value != 0 &&
           ((value & (STATUS_BUSY | STATUS_DATA_REQUEST)) == 0 || wait_ready(0));
}

// ---- Commands

/* Writes the packet by one string instruction: single writes would each be an exit to the
   hypervisor. */
static void packet_command(uint32_t lba, uint32_t count)
{
    uint8_t packet[PACKET_BYTES] = {PACKET_READ_12,
                                    0,
                                    (uint8_t)(lba >> 24),
                                    (uint8_t)(lba >> 16),
                                    (uint8_t)(lba >> 8),
                                    (uint8_t)lba,
                                    (uint8_t)(count >> 24),
                                    (uint8_t)(count >> 16),
                                    (uint8_t)(count >> 8),
                                    (uint8_t)count,
                                    0,
                                    0};
    out16_all((uint16_t)(drive.ports + REGISTER_DATA), packet, PACKET_BYTES / 2);
}

/* Leaves the byte count registers alone: they are for programmed I/O. */
static bool start_atapi(uint32_t lba, uint32_t count)
{
    set_register(REGISTER_FEATURES, FEATURE_DMA);
    set_register(REGISTER_COMMAND, COMMAND_PACKET);
    if (!wait_ready(STATUS_DATA_REQUEST)) {
        return false;
    }
    packet_command(lba, count);
    return true;
}

/* Each register takes the upper byte first (ATA/ATAPI-6, 6.20). */
static bool start_disk(uint32_t block, uint32_t count)
{
    uint64_t lba = (uint64_t)block * DISK_SECTORS;
    count *= DISK_SECTORS;
    set_register(REGISTER_COUNT, count >> 8);
    set_register(REGISTER_LBA_LOW, (uint32_t)(lba >> 24));
    set_register(REGISTER_LBA_MID, (uint32_t)(lba >> 32));
    set_register(REGISTER_LBA_HIGH, 0);
    set_register(REGISTER_COUNT, count);
    set_register(REGISTER_LBA_LOW, (uint32_t)lba);
    set_register(REGISTER_LBA_MID, (uint32_t)(lba >> 8));
    set_register(REGISTER_LBA_HIGH, (uint32_t)(lba >> 16));
    set_register(REGISTER_COMMAND, COMMAND_READ_DMA_EXT);
    return (status() & STATUS_ERROR) == 0;
}

static bool is_busy(void)
{
    return (status() & (STATUS_BUSY | STATUS_DATA_REQUEST)) != 0;
}

/* Waits until the bus master has written all that the drive has sent. Returns its status. */
static uint8_t bus_master_status(void)
{
    uint8_t value = BUS_MASTER_ACTIVE;
    for (unsigned tries = 0; tries < READY_TRIES && (value & BUS_MASTER_ACTIVE) != 0; tries++) {
        value = in8((uint16_t)(drive.bus_master + BUS_MASTER_STATUS));
    }
    return value;
}

/* Clears error and interrupt by writing them as 1. value: the status, the other bits of which tell
   a kernel what the firmware has set up. */
static void clear_bus_master_status(uint8_t value)
{
    out8((uint16_t)(drive.bus_master + BUS_MASTER_STATUS),
         value | BUS_MASTER_ERROR | BUS_MASTER_INTERRUPT);
}

/* Makes the function a bus master up to piix_ide_close(): each change costs time if the function is
   emulated. */
static void become_bus_master(void)
{
    uint16_t command = (uint16_t)pci_read(drive.function, PCI_COMMAND);
    if ((command & PCI_COMMAND_BUS_MASTER) == 0) {
        drive.pci_command = command;
        drive.is_changed = true;
        pci_set_command(drive.function, command | PCI_COMMAND_BUS_MASTER);
    }
}

/* A value that changes as data come: nothing else tells how far the transfer is. It is made of four
   bytes of each sector. */
__attribute__((noinline, cold)) static uint32_t look_at_data(void)
{
    uint32_t value = 1;
    const struct region *region = regions;
    do {
        uint32_t bytes = region->bytes != 0 ? region->bytes : REGION_BYTES;
        for (uint32_t at = 0; at + sizeof value <= bytes; at += SECTOR_SIZE) {
            value = value * 31 + *(const volatile uint32_t *)(uintptr_t)(region->address + at);
        }
    } while ((region++)->flags != REGION_LAST);
    return value;
}

/* Lets the limit of a long wait start anew if data have come, so a slow drive may take its time.
 *seen: what the last look saw; 0: nobody has looked. */
static void watch_data(struct irq_wait *wait, uint32_t *seen)
{
    if (irq_wait_lasted(wait) > LONG_MILLISECONDS) {
        uint32_t now = look_at_data();
        if (*seen != 0 && now != *seen) {
            irq_wait_renew(wait);
        }
        *seen = now;
    }
}

/* Waits until the drive is done, and enables its interrupt only if it is not done yet. False: it
   takes too long. */
static bool wait_command(struct irq_wait *wait)
{
    uint32_t seen = 0;
    if (!is_busy()) {
        return true;
    }
    set_control(CONTROL_NORMAL);
    while (is_busy()) {
        if (!irq_wait_goes_on(wait)) {
            return false;
        }
        watch_data(wait, &seen);
    }
    return true;
}

/* Ends a command and restores the registers: the kernel finds the drive as the firmware left it.
   can_wait: the command was started completely. False: the command has failed. */
static bool end_command(bool can_wait)
{
    struct irq_wait wait = {.line = drive.ports == PRIMARY ? LINE_PRIMARY : LINE_SECONDARY};
    bool done = can_wait && wait_command(&wait);
    uint8_t bus =
        done ? bus_master_status() : in8((uint16_t)(drive.bus_master + BUS_MASTER_STATUS));
    if (done && (bus & BUS_MASTER_INTERRUPT) != 0) {
        irq_wait_end(&wait);
    }
    out8((uint16_t)(drive.bus_master + BUS_MASTER_COMMAND), 0);
    uint8_t end = in8((uint16_t)(drive.ports + REGISTER_STATUS)); /* clears the drive's interrupt */
    clear_bus_master_status(bus);
    set_control(CONTROL_NORMAL);
    drive.is_under_way = false;
    pace_note(drive.bytes, irq_wait_lasted(&wait));
    __asm__ volatile("" ::: "memory"); /* the data are in memory */
    if (drive.odd_byte != NULL) {
        *drive.odd_byte = scratch[0];
    }
    return done && (bus & (BUS_MASTER_ACTIVE | BUS_MASTER_ERROR)) == 0 &&
           (end & (STATUS_BUSY | STATUS_DATA_REQUEST | STATUS_ERROR | STATUS_FAULT)) == 0;
}

/* Starts one command, which reads to the regions, with the drive's interrupt off. Accesses as few
   ports as possible: each access is an exit to the hypervisor. */
static bool start_command(uint32_t lba, uint32_t count)
{
    if (!select_drive()) {
        set_control(CONTROL_NORMAL);
        return false;
    }
    __asm__ volatile("" ::: "memory"); /* the regions are in memory */
    out32((uint16_t)(drive.bus_master + BUS_MASTER_TABLE), (uint32_t)(uintptr_t)regions);
    out8((uint16_t)(drive.bus_master + BUS_MASTER_COMMAND), BUS_MASTER_TO_MEMORY);
    if (!(drive.is_atapi ? start_atapi(lba, count) : start_disk(lba, count))) {
        return end_command(false);
    }
    become_bus_master(); /* now that the drive has taken the command: of another kind, it refuses */
    drive.is_under_way = true;
    out8((uint16_t)(drive.bus_master + BUS_MASTER_COMMAND),
         BUS_MASTER_TO_MEMORY | BUS_MASTER_START);
    return true;
}

static bool finish(void)
{
    return !drive.is_under_way || end_command(true);
}

/* Fills in the regions for length bytes. The rest of the last sector goes to scratch, and so does
   an odd last byte: regions have even lengths. */
static void describe_buffer(uint32_t address, uint32_t length, uint32_t sectors)
{
    uint32_t even = length & ~(uint32_t)1;
    struct region *end = describe(regions, address, even);
    end = describe(end, (uint32_t)(uintptr_t)scratch, sectors * SECTOR_SIZE - even);
    end[-1].flags = REGION_LAST;
    drive.odd_byte = length != even ? (uint8_t *)(uintptr_t)(address + even) : NULL;
}

/* Reads length bytes by as many commands as they need. Leaves the last one under way. */
static bool start(uint32_t lba, uint32_t length, uint32_t address)
{
    do {
        if (!finish()) {
            return false;
        }
        uint32_t most = pace_most(MAX_SECTORS * SECTOR_SIZE);
        uint32_t part = length < most ? length : most;
        uint32_t sectors = (part + SECTOR_SIZE - 1) / SECTOR_SIZE;
        drive.bytes = part;
        describe_buffer(address, part, sectors);
        if (!start_command(lba, sectors)) {
            return false;
        }
        timeline_transfer(part);
        lba += sectors;
        length -= part;
        address += part;
    } while (length > 0);
    return true;
}

/* Makes the drive ready again after a failure: a reset of a CD drive, or of a disk's channel. */
static void reset(void)
{
    if (drive.is_atapi) {
        set_register(REGISTER_DEVICE, drive.device);
        set_register(REGISTER_COMMAND, COMMAND_DEVICE_RESET);
    } else {
        set_control(CONTROL_NORMAL | CONTROL_NO_INTERRUPT | CONTROL_RESET);
        for (int i = 0; i < 16; i++) {
            status(); /* 5 us: ATA/ATAPI-6, 9.2 */
        }
        set_control(CONTROL_NORMAL | CONTROL_NO_INTERRUPT);
    }
    wait_ready(0);
    set_control(CONTROL_NORMAL);
}

// ---- Finding the drive

static bool is_the_drive(uint32_t lba, const uint8_t *sector)
{
    memset(scratch, 0, sizeof scratch);
    if (!start(lba, sizeof scratch, (uint32_t)(uintptr_t)scratch) || !finish()) {
        if (is_busy()) {
            reset(); /* a drive of the other kind refuses, and is not busy */
        }
        return false;
    }
    return memcmp(scratch, sector, sizeof scratch) == 0;
}

void piix_ide_attach(uint32_t function, const struct piix_drive *at, bool is_atapi)
{
    drive = (struct drive){
        .is_atapi = is_atapi,
        .function = function,
        .bus_master = at->bus_master,
        .ports = at->ports,
        .device = at->device,
        .pci_command = at->pci_command,
        .is_changed = at->pci_command != 0,
    };
}

unsigned piix_ide_open(uint32_t function, uint32_t lba, const uint8_t *sector, bool is_atapi)
{
    static const uint16_t ports[CHANNELS] = {PRIMARY, SECONDARY};
    const struct drive before = drive;
    uint32_t bar = pci_read(function, PCI_BAR4);
    uint16_t base = (uint16_t)(bar & PCI_BAR_IO_MASK);
    if ((bar & PCI_BAR_IO) == 0 || base == 0 ||
        (pci_read(function, PCI_COMMAND) & PCI_COMMAND_IO) == 0) {
        return 0;
    }
    drive = (struct drive){.function = function, .is_atapi = is_atapi};
    struct drive found = {0};
    unsigned alike = 0;
    uint8_t selected = 0;
    for (unsigned i = 0; i < CHANNELS * DRIVES; i++) {
        drive.ports = ports[i / DRIVES];
        drive.bus_master = (uint16_t)(base + i / DRIVES * BUS_MASTER_CHANNEL_PORTS);
        if (i % DRIVES == 0) {
            selected = in8((uint16_t)(drive.ports + REGISTER_DEVICE));
            clear_bus_master_status(in8((uint16_t)(drive.bus_master + BUS_MASTER_STATUS)));
        }
        drive.device = is_atapi ? DEVICE_PACKET : DEVICE_LBA; /* as the firmware leaves it */
        drive.device |= i % DRIVES != 0 ? DEVICE_SLAVE : 0;
        if (is_the_drive(lba, sector)) {
            found = drive;
            alike++;
        }
        set_register(REGISTER_DEVICE, selected);
    }
    found.function = function;
    found.pci_command = drive.pci_command;
    found.is_changed = drive.is_changed;
    drive = found;
    if (alike != 1) {
        piix_ide_close();
        drive = before;
    }
    return alike;
}

/* Resets the drive and gives it up unless done is true. Returns done. */
static bool keep_if(bool done)
{
    if (!done) {
        reset();
        piix_ide_close();
    }
    return done;
}

bool piix_ide_start(uint32_t lba, uint32_t length, void *buffer)
{
    return keep_if(start(lba, length, (uint32_t)(uintptr_t)buffer));
}

bool piix_ide_wait(void)
{
    return keep_if(finish());
}

void piix_ide_close(void)
{
    if (drive.is_changed) {
        pci_set_command(drive.function, drive.pci_command);
        drive.is_changed = false;
    }
}
