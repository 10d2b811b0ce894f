// SPDX-License-Identifier: BSD-2-Clause
// The IDE function of a PIIX3 with one drive, the first of the second channel (Intel 82371SB, 2.3
// and 2.7; ATA/ATAPI-6).
#include "tests/fuzz/machine/machine.h"

#include <string.h>

enum {
    CHANNELS = 2,
    OURS = 1, /* the channel with the drive */
    CHANNEL_PORTS = 8,

    BUSY = 0x80,
    READY = 0x50,
    DATA_REQUEST = 0x08,
    ERROR = 0x01,
    SLAVE = 0x10,

    COMMAND_RESET = 0x08,
    COMMAND_READ_DMA_EXT = 0x25,
    COMMAND_PACKET = 0xa0,
    PACKET_READ_12 = 0xa8,

    MASTER_START = 1,
    MASTER_STATUS = 2,
    MASTER_TABLE = 4,
    MASTER_ACTIVE = 1,
    MASTER_ERROR = 2,
    MASTER_INTERRUPT = 4,

    REGION_LAST = 0x8000,
    MOST_REGIONS = 512,
    SLOW_LOOKS = 4,
};

static const uint16_t bases[CHANNELS] = {0x1f0, 0x170};

static struct {
    uint16_t bus_master; /* its ports; 0: no such function */
    uint8_t device[CHANNELS];
    uint8_t status;
    uint8_t values[CHANNEL_PORTS], before[CHANNEL_PORTS]; /* the registers, and what they were */
    uint64_t lba;                                         /* of 2048 bytes */
    uint32_t bytes;                                       /* of the command that was given */
    uint8_t master_command, master_status;
    uint32_t table;
    unsigned looks; /* until a slow command is done */
    enum fault fault;
} ide;

void piix_start(uint16_t bus_master)
{
    memset(&ide, 0, sizeof ide);
    ide.bus_master = bus_master;
    ide.status = READY;
}

static bool is_disk(void)
{
    return (firmware_setting()->drive & DRIVE_IS_DISK) != 0;
}

bool piix_has(uint16_t port)
{
    uint16_t base = port & 0xfff8;
    return ide.bus_master != 0 &&
           (base == bases[0] || base == bases[1] || port == bases[0] + 0x206 ||
            port == bases[1] + 0x206 || (port & 0xfff0) == ide.bus_master);
}

/* Writes what the drive sends to the regions of the bus master's table. */
static void transfer(void)
{
    uint64_t table = ide.table;
    uint32_t done = 0, wanted = ide.fault == FAULT_SHORT ? ide.bytes / 2 : ide.bytes;
    bool is_last = false;
    for (unsigned i = 0; i < MOST_REGIONS && !is_last && done < wanted; i++, table += 8) {
        if (!state_has(table) || !state_has(table + 7)) {
            machine_is_wrong("the bus master's table is at this address", table);
        }
        const uint8_t *region = (const uint8_t *)(uintptr_t)table;
        uint32_t address = load32(region), bytes = load16(region + 4);
        is_last = (load16(region + 6) & REGION_LAST) != 0;
        bytes = bytes == 0 ? 0x10000 : bytes;
        bytes = bytes < wanted - done ? bytes : wanted - done;
        if (!disc_to_memory(ide.lba, done, address, bytes)) {
            ide.status = READY | ERROR;
            return;
        }
        done += bytes;
    }
    ide.status = done < ide.bytes ? READY | ERROR : READY;
    ide.master_status = MASTER_INTERRUPT | (ide.fault == FAULT_BUS ? MASTER_ERROR : 0);
}

static void run(void)
{
    if (ide.bytes == 0 || ide.status != (READY | BUSY)) {
        return;
    }
    if (ide.fault == FAULT_SILENT) {
        ide.master_status |= MASTER_ACTIVE;
    } else if (ide.fault == FAULT_ERROR) {
        ide.status = READY | ERROR;
        ide.master_status |= MASTER_INTERRUPT;
    } else if (ide.fault != FAULT_SLOW || ++ide.looks > SLOW_LOOKS) {
        transfer();
        ide.bytes = 0;
    }
}

static void give(uint64_t lba, uint64_t bytes)
{
    ide.lba = lba;
    ide.bytes = (uint32_t)bytes;
    ide.looks = 0;
    ide.fault = disc_next_fault();
    ide.status = READY | BUSY;
}

static void command(uint8_t value)
{
    if (value == COMMAND_RESET) {
        ide.status = READY;
    } else if (value == COMMAND_PACKET && !is_disk()) {
        ide.status = READY | DATA_REQUEST;
    } else if (value == COMMAND_READ_DMA_EXT && is_disk()) {
        uint64_t lba = ide.values[3] | (uint64_t)ide.values[4] << 8 |
                       (uint64_t)ide.values[5] << 16 | (uint64_t)ide.before[3] << 24 |
                       (uint64_t)ide.before[4] << 32;
        uint32_t count = ide.values[2] | (uint32_t)ide.before[2] << 8;
        give(lba / DISK_SECTORS, (uint64_t)count * (SECTOR / DISK_SECTORS));
    } else {
        ide.status = READY | ERROR;
    }
}

void piix_packet(uint16_t port, const uint8_t *packet, uint32_t bytes)
{
    if (port != bases[OURS] || bytes != 12 || (ide.status & DATA_REQUEST) == 0 ||
        packet[0] != PACKET_READ_12) {
        ide.status = READY | ERROR;
        return;
    }
    uint32_t lba = __builtin_bswap32(load32(packet + 2)),
             count = __builtin_bswap32(load32(packet + 6));
    give(lba, (uint64_t)count * SECTOR);
}

static bool is_selected(unsigned channel)
{
    return channel == OURS && (ide.device[channel] & SLAVE) == 0;
}

uint32_t piix_in(uint16_t port)
{
    if ((port & 0xfff0) == ide.bus_master) {
        run();
        return (port & 7) == MASTER_STATUS ? ide.master_status : 0;
    }
    unsigned channel = (port & 0xff) >> 4 == 0xf ? 0 : 1, number = port & 7;
    bool is_status = number == 7 || (port & 0x200) != 0;
    if (is_status) {
        run();
        return is_selected(channel) ? ide.status : 0;
    }
    return number == 6 ? ide.device[channel] : 0;
}

static void write_master(unsigned number, uint32_t value)
{
    if (number == 0) {
        ide.master_command = (uint8_t)value;
        ide.master_status &= (uint8_t)((value & MASTER_START) != 0 ? 0xff : ~MASTER_ACTIVE);
    } else if (number == MASTER_STATUS) {
        ide.master_status &= ~(uint8_t)(value & (MASTER_ERROR | MASTER_INTERRUPT));
    } else if (number == MASTER_TABLE) {
        ide.table = value;
    }
}

void piix_out(uint16_t port, uint32_t value)
{
    if ((port & 0xfff0) == ide.bus_master) {
        write_master(port & 7, value);
        return;
    }
    unsigned channel = (port & 0xff) >> 4 == 0xf ? 0 : 1, number = port & 7;
    if ((port & 0x200) != 0) {
        return; /* control: resets do nothing */
    }
    if (number == 6) {
        ide.device[channel] = (uint8_t)value;
    } else if (number == 7 && is_selected(channel)) {
        command((uint8_t)value);
    } else if (is_selected(channel)) {
        ide.before[number] = ide.values[number];
        ide.values[number] = (uint8_t)value;
    }
}
