// SPDX-License-Identifier: BSD-2-Clause
// See ahci.h. Serial ATA AHCI 1.3.1; ATA8-ACS; SFF-8020i for the packets. The firmware keeps a port
// running for its own reads, or starts and stops it for each; the driver leaves it as it was. The
// driver puts its commands into the first slot of the firmware's list and restores the slot after
// each, so all registers keep the firmware's values.
#include "stage2/disc/ahci.h"

#include <stddef.h>
#include <string.h>
#include "stage2/firmware.h"
#include "stage2/disc/ahci_registers.h"
#include "stage2/disc/irq_wait.h"
#include "stage2/disc/pace.h"
#include "stage2/bus/pci.h"
#include "stage2/timing/timeline.h"

// ---- Registers (AHCI, 3)

enum {
    HOST_INTERRUPTS = 0x02,

    COMMAND_START = 0x0001,
    COMMAND_SPIN_UP = 0x0002,
    COMMAND_POWER_ON = 0x0004,
    COMMAND_LIST_RUNNING = 0x8000,
    COMMAND_FIS_RECEIVE = 0x0010,
    COMMAND_FIS_RECEIVING = 0x4000,
    COMMAND_RUNS =
        COMMAND_START | COMMAND_LIST_RUNNING | COMMAND_FIS_RECEIVE | COMMAND_FIS_RECEIVING,
    INTERRUPT_DEVICE_TO_HOST = 0x00000001,
    INTERRUPT_ERRORS = 0x7d000000,
    INTERRUPT_DEVICE_ERROR = 0x40000000,
    TASK_FILE_UNFINISHED = 0x88, /* busy, data request */
    TASK_FILE_FAILED = 0x21,     /* error, device fault */
    SATA_DETECTION = 0xf,
    SATA_DETECTION_RESET = 1,
    SATA_DETECTION_PRESENT = 3,

    NO_LINE = 0, /* the timer has that one */
    LAST_LINE = 15,
    RESET_MILLISECONDS = 1,
};
#define HOST_AHCI         0x80000000u
#define PCI_COMMAND_READY (PCI_COMMAND_MEMORY | PCI_COMMAND_BUS_MASTER)

// ---- Commands in memory (AHCI, 4.2)

enum {
    SECTOR_SIZE = 2048,
    DISK_SECTORS = 4, /* of 512 bytes in one of 2048 */
    REGION_BYTES = 0x400000,
    REGIONS = 2,
    MAX_SECTORS = REGIONS * (REGION_BYTES / SECTOR_SIZE),

    SLOT = 1, /* bit of the first slot */
    HEADER_FIS_DWORDS = 5,
    HEADER_ATAPI = 0x20,
    FIS_TO_DEVICE = 0x27,
    FIS_IS_COMMAND = 0x80,
    DEVICE_LBA = 0x40,
    LIST_BYTES = 1024,
    COMMAND_READ_DMA_EXT = 0x25,
    COMMAND_PACKET = 0xa0,
    FEATURE_DMA = 0x01,
    PACKET_READ_12 = 0xa8,
};

struct command_header {
    uint16_t flags;
    uint16_t regions;
    uint32_t transferred;
    uint32_t table;
    uint32_t table_upper;
    uint32_t reserved[4];
};
_Static_assert(sizeof(struct command_header) == 32, "AHCI, 4.2.2");

struct region {
    uint32_t address;
    uint32_t address_upper;
    uint32_t reserved;
    uint32_t last; /* offset of the last byte */
};

struct command_table {
    uint8_t fis[64];
    uint8_t packet[64];
    struct region regions[REGIONS];
};
_Static_assert(sizeof(struct command_table) == 0x80 + REGIONS * 16, "AHCI, 4.2.3");

static struct command_table table __attribute__((aligned(128)));

static struct drive {
    volatile struct host *host;
    volatile struct port *port;
    unsigned line; /* of the function's interrupt; 0: the driver polls */
    bool atapi;
    bool may_start; /* the driver may start a port that does not run */
} drive;

static void describe(uint32_t lba, uint32_t count)
{
    memset(table.fis, 0, sizeof table.fis);
    table.fis[0] = FIS_TO_DEVICE;
    table.fis[1] = FIS_IS_COMMAND;
    if (drive.atapi) {
        table.fis[2] = COMMAND_PACKET;
        table.fis[3] = FEATURE_DMA;
        lba = __builtin_bswap32(lba);
        count = __builtin_bswap32(count);
        table.packet[0] = PACKET_READ_12;
        memcpy(table.packet + 2, &lba, sizeof lba);
        memcpy(table.packet + 6, &count, sizeof count);
        return;
    }
    table.fis[2] = COMMAND_READ_DMA_EXT;
    uint64_t sector = (uint64_t)lba * DISK_SECTORS;
    count *= DISK_SECTORS;
    memcpy(table.fis + 4, &sector, 3);
    table.fis[7] = DEVICE_LBA;
    memcpy(table.fis + 8, (uint8_t *)&sector + 3, 3);
    memcpy(table.fis + 12, &count, 2);
}

/* Lists the buffer's regions in the table. Returns their number. */
static uint16_t describe_buffer(uint32_t address, uint32_t length)
{
    uint16_t regions = 0;
    for (uint32_t done = 0; done < length; done += REGION_BYTES, regions++) {
        uint32_t bytes = length - done < REGION_BYTES ? length - done : REGION_BYTES;
        table.regions[regions] = (struct region){.address = address + done, .last = bytes - 1};
    }
    return regions;
}

// ---- Running a command

/* Clears all bits of a status register: writing 1 to a bit clears it. */
static void clear(volatile uint32_t *bits)
{
    uint32_t set = *bits;
    *bits = set;
}

static bool is_busy(void)
{
    return (drive.port->task_file & TASK_FILE_UNFINISHED) != 0;
}

/* Waits for the end of a command. The limit starts anew whenever data have come, so a slow drive
   may take its time. False: an error, or no progress up to the limit. */
static bool wait_done(const volatile struct command_header *header, uint32_t length)
{
    struct irq_wait wait = {.line = drive.line};
    uint32_t transferred = 0;
    while (irq_wait_goes_on(&wait)) {
        uint32_t status = drive.port->interrupt_status;
        if ((status & INTERRUPT_ERRORS) != 0) {
            return false;
        }
        if ((status & INTERRUPT_DEVICE_TO_HOST) != 0 && (drive.port->command_issue & SLOT) == 0) {
            pace_note(length, irq_wait_lasted(&wait));
            return (drive.port->task_file & (TASK_FILE_UNFINISHED | TASK_FILE_FAILED)) == 0;
        }
        if (header->transferred != transferred) {
            transferred = header->transferred;
            irq_wait_renew(&wait);
        }
    }
    return false;
}

static bool wait_for_port(uint32_t bit, uint32_t wanted)
{
    struct irq_wait wait = {.line = drive.line, .is_short = true};
    while ((drive.port->command & bit) != wanted) {
        if (!irq_wait_goes_on(&wait)) {
            return false;
        }
    }
    return true;
}

/* Resets the port's device (AHCI, 10.4.2). */
static void reset_device(void)
{
    struct irq_wait wait = {.line = drive.line, .is_short = true};
    uint32_t control = drive.port->sata_control;
    drive.port->sata_control = (control & ~(uint32_t)SATA_DETECTION) | SATA_DETECTION_RESET;
    for (uint64_t start = firmware_milliseconds();
         firmware_milliseconds() - start <= RESET_MILLISECONDS;) {
        irq_wait_goes_on(&wait);
    }
    drive.port->sata_control = control;
    do {
        clear(&drive.port->sata_error); /* or the device's first FIS is not taken in */
    } while (((drive.port->sata_status & SATA_DETECTION) != SATA_DETECTION_PRESENT || is_busy()) &&
             irq_wait_goes_on(&wait));
}

/* Makes the port ready again after a failure (AHCI, 6.2.2). */
static void recover(void)
{
    uint32_t running = drive.port->command;
    drive.port->command = running & ~(uint32_t)COMMAND_START;
    wait_for_port(COMMAND_LIST_RUNNING, 0);
    if ((drive.port->interrupt_status & INTERRUPT_DEVICE_ERROR) == 0 || is_busy()) {
        reset_device(); /* it has not ended the command */
    }
    clear(&drive.port->sata_error);
    clear(&drive.port->interrupt_status);
    drive.port->command = running;
}

/* Enables the port's interrupts, unless the driver polls. Returns what the firmware had enabled. */
static uint32_t allow_interrupts(void)
{
    uint32_t enabled = drive.port->interrupt_enable;
    if (drive.line != 0) {
        drive.port->interrupt_enable = INTERRUPT_DEVICE_TO_HOST | INTERRUPT_ERRORS;
        drive.host->control |= HOST_INTERRUPTS;
    }
    return enabled;
}

static void restore_interrupts(uint32_t enabled)
{
    if (drive.line != 0) {
        drive.host->control &= ~(uint32_t)HOST_INTERRUPTS;
        drive.port->interrupt_enable = enabled;
    }
}

/* Reads by a port that runs. False: the command failed; the port is ready again. */
static bool command(uint32_t lba, uint32_t count, uint32_t address)
{
    struct command_header *header = (struct command_header *)(uintptr_t)drive.port->list;
    struct command_header saved = *header;
    uint32_t length = count * SECTOR_SIZE;
    describe(lba, count);
    *header = (struct command_header){
        .flags = HEADER_FIS_DWORDS | (drive.atapi ? HEADER_ATAPI : 0),
        .regions = describe_buffer(address, length),
        .table = (uint32_t)(uintptr_t)&table,
    };
    clear(&drive.port->interrupt_status);
    uint32_t interrupts = allow_interrupts();
    __asm__ volatile("" ::: "memory"); /* the command is in memory */
    drive.port->command_issue = SLOT;
    bool done = wait_done(header, length);
    __asm__ volatile("" ::: "memory"); /* the data are in memory */
    restore_interrupts(interrupts);
    if (done && header->transferred == length) {
        clear(&drive.port->interrupt_status);
    } else {
        done = false;
        recover();
    }
    drive.host->interrupt_status = 1u << (drive.port - drive.host->ports);
    *header = saved;
    return done;
}

/* Waits until the drive is ready. After a reset it first sends its signature (AHCI, 10.4.2). */
static bool wait_for_drive(void)
{
    struct irq_wait wait = {.line = drive.line};
    while (is_busy()) {
        if (!irq_wait_goes_on(&wait)) {
            return false;
        }
    }
    return true;
}

/* Starts a port (AHCI, 10.3.1). stopped: its command register as the firmware left it. */
static bool start_port(uint32_t stopped)
{
    drive.port->command = stopped | COMMAND_FIS_RECEIVE;
    if (!wait_for_port(COMMAND_FIS_RECEIVING, COMMAND_FIS_RECEIVING) || !wait_for_drive()) {
        return false;
    }
    drive.port->command = stopped | COMMAND_FIS_RECEIVE | COMMAND_START;
    return true;
}

/* Stops a port (AHCI, 10.3.2). FISes are received until no command can run. */
static bool stop_port(uint32_t stopped)
{
    drive.port->command = stopped | COMMAND_FIS_RECEIVE;
    if (!wait_for_port(COMMAND_LIST_RUNNING, 0)) {
        return false;
    }
    drive.port->command = stopped;
    return wait_for_port(COMMAND_FIS_RECEIVING, 0);
}

static bool transfer(uint32_t lba, uint32_t count, uint32_t address)
{
    uint32_t found = drive.port->command;
    uint32_t runs = found & COMMAND_RUNS;
    if ((runs != COMMAND_RUNS && !(runs == 0 && drive.may_start)) ||
        drive.port->command_issue != 0 || is_busy()) {
        return false;
    }
    if (runs != 0) {
        return command(lba, count, address);
    }
    bool done = start_port(found) && command(lba, count, address);
    return stop_port(found) && done;
}

bool ahci_read(uint32_t lba, uint32_t count, void *buffer)
{
    uint32_t address = (uint32_t)(uintptr_t)buffer;
    while (count > 0) {
        uint32_t most = pace_most(MAX_SECTORS * SECTOR_SIZE) / SECTOR_SIZE;
        uint32_t part = count < most ? count : most;
        if (!transfer(lba, part, address)) {
            return false;
        }
        timeline_transfer(part * SECTOR_SIZE);
        lba += part;
        count -= part;
        address += part * SECTOR_SIZE;
    }
    return true;
}

// ---- Finding the drive

static bool is_the_drive(uint32_t lba, const uint8_t *sector)
{
    static uint8_t read_again[SECTOR_SIZE] __attribute__((aligned(2)));
    if (drive.port->list_upper != 0 || drive.port->signature != AHCI_SIGNATURE(drive.atapi) ||
        (drive.port->sata_status & SATA_DETECTION) != SATA_DETECTION_PRESENT) {
        return false;
    }
    if (sector == NULL) {
        return true;
    }
    memset(read_again, 0, sizeof read_again);
    return ahci_read(lba, 1, read_again) && memcmp(read_again, sector, sizeof read_again) == 0;
}

static bool find_line(uint32_t function)
{
    if (!irq_wait_needs_interrupts()) {
        return true;
    }
    drive.line = pci_read(function, PCI_INTERRUPT) & PCI_INTERRUPT_LINE;
    return drive.line != NO_LINE && drive.line <= LAST_LINE;
}

/* Finds the registers of a function. False: they are out of reach. */
static bool find_host(uint32_t function)
{
    uint32_t bar = pci_read(function, PCI_BAR5);
    drive.host = (volatile struct host *)(uintptr_t)(bar & PCI_BAR_MASK);
    return drive.host != NULL && (bar & PCI_BAR_IO) == 0 &&
           (pci_read(function, PCI_COMMAND) & PCI_COMMAND_READY) == PCI_COMMAND_READY;
}

/* Looks for the drive at the ports of a function that was found. */
static unsigned find_drives(uint32_t ports, uint32_t lba, const uint8_t *sector)
{
    volatile struct port *found = NULL;
    unsigned count = 0;
    ports &= drive.host->ports_implemented;
    for (unsigned i = 0; ports >> i != 0; i++) {
        drive.port = &drive.host->ports[i];
        if ((ports >> i & 1) != 0 && is_the_drive(lba, sector)) {
            found = drive.port;
            count++;
        }
    }
    drive.port = found;
    return count;
}

unsigned ahci_open(uint32_t function, uint32_t ports, uint32_t lba, const uint8_t *sector,
                   bool is_atapi)
{
    const struct drive before = drive;
    unsigned count = 0;
    drive = (struct drive){.atapi = is_atapi, .may_start = ports != AHCI_RUNNING_PORTS};
    if (find_line(function) && find_host(function) &&
        (drive.host->control & (HOST_AHCI | HOST_INTERRUPTS)) == HOST_AHCI) {
        count = find_drives(ports, lba, sector);
    }
    if (count != 1) {
        drive = before;
    }
    return count;
}

// ---- Without a firmware

uint32_t ahci_ports(uint32_t function)
{
    uint32_t ports = find_host(function) ? drive.host->ports_implemented : 0;
    uint32_t present = 0;
    for (unsigned i = 0; ports >> i != 0; i++) {
        if ((ports >> i & 1) != 0 &&
            (drive.host->ports[i].sata_status & SATA_DETECTION) == SATA_DETECTION_PRESENT) {
            present |= 1u << i;
        }
    }
    return present;
}

bool ahci_start_port(uint32_t function, unsigned number, void *memory)
{
    if (!find_host(function) || (drive.host->ports_implemented >> number & 1) == 0) {
        return false;
    }
    drive.port = &drive.host->ports[number];
    if ((drive.port->sata_status & SATA_DETECTION) != SATA_DETECTION_PRESENT) {
        return false;
    }
    memset(memory, 0, AHCI_PORT_BYTES);
    drive.host->control |= HOST_AHCI;
    drive.port->list = (uint32_t)(uintptr_t)memory;
    drive.port->list_upper = 0;
    drive.port->fis = drive.port->list + LIST_BYTES;
    drive.port->fis_upper = 0;
    clear(&drive.port->sata_error);
    bool runs = start_port(drive.port->command | COMMAND_POWER_ON | COMMAND_SPIN_UP) &&
                wait_for_port(COMMAND_LIST_RUNNING, COMMAND_LIST_RUNNING);
    if (!runs) {
        ahci_stop_port(function, number);
    }
    return runs;
}

void ahci_stop_port(uint32_t function, unsigned number)
{
    if (find_host(function)) {
        drive.port = &drive.host->ports[number];
        stop_port(drive.port->command & ~(uint32_t)(COMMAND_START | COMMAND_FIS_RECEIVE));
    }
}
