// SPDX-License-Identifier: BSD-2-Clause
// See pio_ide.h. ATA/ATAPI-6 (T13); SFF-8020i for the packets.
#include "boot/bare/pio_ide.h"

#include "stage2/bus/io.h"
#include "stage2/disc/irq_wait.h"
#include "stage2/timing/timeline.h"

enum {
    REGISTER_FEATURES = 1,
    REGISTER_COUNT = 2,
    REGISTER_LBA_LOW = 3,
    REGISTER_LBA_MID = 4,
    REGISTER_LBA_HIGH = 5,
    REGISTER_DEVICE = 6,
    REGISTER_COMMAND = 7,
    REGISTER_CONTROL = 0x206, /* read: the status */
    STATUS_ERROR = 0x21,
    STATUS_DATA_REQUEST = 0x08,
    STATUS_BUSY = 0x80,
    CONTROL_NORMAL = 0x08,
    CONTROL_NO_INTERRUPT = 0x0a,
    COMMAND_RESET = 0x08,
    COMMAND_READ_SECTORS_EXT = 0x24,
    COMMAND_PACKET = 0xa0,
    PACKET_WORDS = 6,
    PACKET_READ_12 = 0xa8,
    PACKET_REQUEST_SENSE = 0x03,
    SENSE_BYTES = 18,
    MOST_BYTES = 0xf800, /* of a packet command, until the drive asks again */
    SECTOR_SIZE = 2048,
    DISK_SECTOR_SIZE = 512,
    DISK_SECTORS = 4, /* of 512 bytes in one of 2048 */
    NO_LINE = 0,
};

static void set(const struct pio_drive *drive, uint16_t number, uint32_t value)
{
    out8(drive->ports + number, (uint8_t)value);
}

/* Waits until the drive is not busy. Returns its status; an error if that takes too long. */
static uint8_t wait_status(const struct pio_drive *drive)
{
    struct irq_wait wait = {.line = NO_LINE};
    uint8_t status;
    while (((status = in8(drive->ports + REGISTER_CONTROL)) & STATUS_BUSY) != 0) {
        if (!irq_wait_goes_on(&wait)) {
            return STATUS_ERROR;
        }
    }
    return status;
}

static void select_drive(const struct pio_drive *drive)
{
    set(drive, REGISTER_CONTROL, CONTROL_NO_INTERRUPT);
    set(drive, REGISTER_DEVICE, drive->device);
    wait_status(drive);
}

/* Clears a pending interrupt by reading the status, and enables interrupts as a firmware does. */
static void leave_drive(const struct pio_drive *drive)
{
    in8(drive->ports + REGISTER_COMMAND);
    set(drive, REGISTER_CONTROL, CONTROL_NORMAL);
}

static void send_packet(const struct pio_drive *drive, const uint8_t packet[2 * PACKET_WORDS])
{
    set(drive, REGISTER_FEATURES, 0);
    set(drive, REGISTER_LBA_MID, MOST_BYTES & 0xff);
    set(drive, REGISTER_LBA_HIGH, MOST_BYTES >> 8);
    set(drive, REGISTER_COMMAND, COMMAND_PACKET);
    if ((wait_status(drive) & STATUS_DATA_REQUEST) != 0) {
        out16_all(drive->ports, packet, PACKET_WORDS);
    }
}

static void start_cd(const struct pio_drive *drive, uint32_t lba, uint32_t count)
{
    const uint8_t packet[2 * PACKET_WORDS] = {
        PACKET_READ_12,         0,
        (uint8_t)(lba >> 24),   (uint8_t)(lba >> 16),
        (uint8_t)(lba >> 8),    (uint8_t)lba,
        (uint8_t)(count >> 24), (uint8_t)(count >> 16),
        (uint8_t)(count >> 8),  (uint8_t)count,
    };
    send_packet(drive, packet);
}

/* Each register takes the upper byte first (ATA/ATAPI-6, 6.20). */
static void start_disk(const struct pio_drive *drive, uint32_t block, uint32_t count)
{
    uint64_t lba = (uint64_t)block * DISK_SECTORS;
    count *= DISK_SECTORS;
    set(drive, REGISTER_COUNT, count >> 8);
    set(drive, REGISTER_LBA_LOW, (uint32_t)(lba >> 24));
    set(drive, REGISTER_LBA_MID, (uint32_t)(lba >> 32));
    set(drive, REGISTER_LBA_HIGH, 0);
    set(drive, REGISTER_COUNT, count);
    set(drive, REGISTER_LBA_LOW, (uint32_t)lba);
    set(drive, REGISTER_LBA_MID, (uint32_t)(lba >> 8));
    set(drive, REGISTER_LBA_HIGH, (uint32_t)(lba >> 16));
    set(drive, REGISTER_COMMAND, COMMAND_READ_SECTORS_EXT);
}

/* Takes what the drive offers: as many bytes as a CD drive says, or a disk's sector. */
static bool take_data(const struct pio_drive *drive, uint8_t *buffer, uint32_t length)
{
    while (length > 0) {
        uint8_t status = wait_status(drive);
        if ((status & STATUS_ERROR) != 0 || (status & STATUS_DATA_REQUEST) == 0) {
            return false;
        }
        uint32_t bytes = DISK_SECTOR_SIZE;
        if (drive->is_atapi) {
            bytes = in8(drive->ports + REGISTER_LBA_MID) |
                    (uint32_t)in8(drive->ports + REGISTER_LBA_HIGH) << 8;
        }
        if (bytes == 0 || bytes % 2 != 0 || bytes > length) {
            return false;
        }
        in16_all(drive->ports, buffer, bytes / 2);
        buffer += bytes;
        length -= bytes;
    }
    return (wait_status(drive) & (STATUS_ERROR | STATUS_DATA_REQUEST)) == 0;
}

bool pio_ide_read(const struct pio_drive *drive, uint32_t lba, uint32_t count, void *buffer)
{
    select_drive(drive);
    (drive->is_atapi ? start_cd : start_disk)(drive, lba, count);
    bool done = take_data(drive, buffer, count * SECTOR_SIZE);
    if (done) {
        timeline_transfer(count * SECTOR_SIZE);
    } else if (drive->is_atapi) {
        set(drive, REGISTER_COMMAND, COMMAND_RESET);
        wait_status(drive);
    }
    leave_drive(drive);
    return done;
}

void pio_ide_request_sense(const struct pio_drive *drive)
{
    static const uint8_t packet[2 * PACKET_WORDS] = {
        [0] = PACKET_REQUEST_SENSE,
        [4] = SENSE_BYTES,
    };
    uint8_t sense[SENSE_BYTES];
    select_drive(drive);
    send_packet(drive, packet);
    take_data(drive, sense, sizeof sense);
    leave_drive(drive);
}
