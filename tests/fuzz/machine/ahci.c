// SPDX-License-Identifier: BSD-2-Clause
// The SATA function of an ICH9 in AHCI mode with one drive (Serial ATA AHCI 1.3.1). Its registers
// are memory that the driver reads and writes; ahci_step() looks at them.
#include "tests/fuzz/machine/machine.h"

#include <string.h>
#include <sys/mman.h>
#include "stage2/disc/ahci_registers.h"

enum {
    PORT = 2, /* the one with the drive */
    REGISTER_BYTES = 0x1000,
    LIST = TABLES + 0x8000,
    RECEIVED = LIST + 1024,
    SLOT = 1,
    HEADER_ATAPI = 0x20,

    START = 0x0001,
    LIST_RUNNING = 0x8000,
    FIS_RECEIVE = 0x0010,
    FIS_RECEIVING = 0x4000,
    DONE = 0x00000001,
    DEVICE_ERROR = 0x40000000,
    READY = 0x50,
    BUSY = 0x80,
    ERROR = 0x01,
    PRESENT = 0x113,

    COMMAND_READ_DMA_EXT = 0x25,
    COMMAND_PACKET = 0xa0,
    SLOW_LOOKS = 4,
};

static struct host *host;
static bool is_given; /* a command, whose fault is known */
static enum fault fault;
static unsigned looks;

void ahci_start(bool is_there)
{
    static struct host *mapped;
    if (mapped == NULL) {
        mapped = mmap((void *)(uintptr_t)AHCI_REGISTERS, REGISTER_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    }
    host = is_there ? mapped : NULL;
    if (!is_there) {
        return;
    }
    memset(host, 0, REGISTER_BYTES);
    is_given = false;
    bool is_disk = (firmware_setting()->drive & DRIVE_IS_DISK) != 0;
    host->control = 0x80000000;
    host->ports_implemented = 0x3f;
    for (unsigned i = 0; i < 6; i++) {
        host->ports[i].signature = UINT32_MAX;
    }
    host->ports[PORT] = (struct port){
        .list = LIST,
        .fis = RECEIVED,
        .command = START | LIST_RUNNING | FIS_RECEIVE | FIS_RECEIVING | 6,
        .task_file = READY,
        .signature = AHCI_SIGNATURE(!is_disk),
        .sata_status = PRESENT,
    };
}

/* Writes what the drive sends to the command's regions. False: it cannot. */
static bool transfer(uint8_t *header, const uint8_t *table, uint64_t lba, uint64_t bytes)
{
    uint32_t done = 0, wanted = (uint32_t)(fault == FAULT_SHORT ? bytes / 2 : bytes);
    for (unsigned i = 0; i < load16(header + 2) && done < wanted; i++) {
        const uint8_t *region = table + 0x80 + i * 16;
        uint32_t length = (load32(region + 12) & 0x3fffff) + 1;
        length = length < wanted - done ? length : wanted - done;
        if (!disc_to_memory(lba, done, load64(region), length)) {
            return false;
        }
        done += length;
    }
    memcpy(header + 4, &done, sizeof done);
    return done == bytes;
}

static bool execute(void)
{
    uint32_t list = host->ports[PORT].list;
    if (list < TABLES || list >= TABLES_END) {
        machine_is_wrong("the command list is at this address", list);
    }
    uint8_t *header = (uint8_t *)(uintptr_t)list;
    uint64_t place = load64(header + 8);
    if (!state_has(place) || !state_has(place + 0x7f)) {
        machine_is_wrong("the command table is at this address", place);
    }
    const uint8_t *table = (const uint8_t *)(uintptr_t)place;
    bool is_packet = (load16(header) & HEADER_ATAPI) != 0;
    bool is_disk = (firmware_setting()->drive & DRIVE_IS_DISK) != 0;
    if (table[2] != (is_packet ? COMMAND_PACKET : COMMAND_READ_DMA_EXT) || is_packet == is_disk) {
        return false;
    }
    if (is_packet) {
        return transfer(header, table, __builtin_bswap32(load32(table + 0x42)),
                        (uint64_t)__builtin_bswap32(load32(table + 0x46)) * SECTOR);
    }
    uint64_t lba = (load32(table + 4) & 0xffffff) | (uint64_t)(load32(table + 8) & 0xffffff) << 24;
    return transfer(header, table, lba / DISK_SECTORS,
                    (uint64_t)load16(table + 12) * (SECTOR / DISK_SECTORS));
}

static void run(struct port *port)
{
    if (!is_given) {
        is_given = true;
        looks = 0;
        fault = disc_next_fault();
    }
    if (fault == FAULT_SILENT || (fault == FAULT_SLOW && ++looks <= SLOW_LOOKS)) {
        port->task_file = BUSY;
        return;
    }
    bool done = fault != FAULT_ERROR && fault != FAULT_BUS && execute();
    is_given = false;
    port->interrupt_status = done ? DONE : DEVICE_ERROR;
    port->task_file = done ? READY : READY | ERROR;
    if (done) {
        port->command_issue = 0;
    }
}

/* The bits that say what runs follow those that say what shall run. */
static void follow(struct port *port)
{
    uint32_t runs = ((port->command & START) != 0 ? LIST_RUNNING : 0u) |
                    ((port->command & FIS_RECEIVE) != 0 ? FIS_RECEIVING : 0u);
    port->command = (port->command & ~(uint32_t)(LIST_RUNNING | FIS_RECEIVING)) | runs;
    if ((port->command & START) == 0) {
        port->command_issue = 0;
        is_given = false;
    }
    if ((port->sata_control & 0xf) != 0) {
        port->sata_status = 0;
        port->task_file = READY;
    } else {
        port->sata_status = PRESENT;
    }
}

void ahci_step(void)
{
    if (host == NULL) {
        return;
    }
    struct port *port = &host->ports[PORT];
    follow(port);
    if ((port->command_issue & SLOT) != 0 && (port->command & START) != 0) {
        run(port);
    }
}
