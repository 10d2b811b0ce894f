// SPDX-License-Identifier: BSD-2-Clause
// The boot disc by INT 13h extensions (EDD 3.0): through a buffer that the BIOS can reach, in the
// largest transfers that it takes.
#include <string.h>
#include "boot/bios/bios.h"
#include "stage2/firmware.h"

enum {
    INT_DISK = 0x13,
    DISK_RESET = 0x0000,
    DISK_EXTENSIONS_PRESENT = 0x4100,
    DISK_EXTENSIONS_MAGIC = 0x55aa,
    DISK_EXTENSIONS_ANSWER = 0xaa55,
    DISK_EXTENDED_READ = 0x4200,
    DISK_PARAMETERS = 0x4800,

    SECTOR_SIZE = 2048,
    HARD_DISK_SECTOR_SIZE = 512,
    MAX_SECTORS = 127, /* more is unknown to some firmware (EDD 1.1) */
    BUFFER_BYTES = 0x10000,
    TRIES = 5,
};

/* EDD 3.0, 8.22: the part that EDD 1.1 has. */
struct drive_parameters {
    uint16_t size;
    uint16_t information;
    uint32_t cylinders;
    uint32_t heads;
    uint32_t sectors_per_track;
    uint64_t sectors;
    uint16_t bytes_per_sector;
} __attribute__((packed));
_Static_assert(sizeof(struct drive_parameters) == 26, "EDD 3.0, table 19");

struct disk_address_packet {
    uint8_t size;
    uint8_t reserved;
    uint16_t count;
    uint16_t buffer_offset;
    uint16_t buffer_segment;
    uint64_t lba;
} __attribute__((packed));
_Static_assert(sizeof(struct disk_address_packet) == 16, "EDD 3.0, table 1");

extern uint8_t bounce_buffer[];       /* linker/bios.ld: BUFFER_BYTES, aligned to as much */
extern uint32_t boot_info_volume_lba; /* boot.asm */

static uint8_t drive;
static uint32_t sectors_per_block; /* the drive's sectors in one of 2048 bytes */
static uint32_t max_blocks;        /* of 2048 bytes in one transfer that works */

void disc_set_boot_drive(uint8_t number)
{
    drive = number;
}

uint32_t firmware_boot_device(void)
{
    return (uint32_t)drive << 24 | 0xffffff; /* no partitions */
}

uint32_t firmware_volume_descriptor_lba(void)
{
    return boot_info_volume_lba;
}

/* Firmware without AH=48h for the drive, or with nonsense there: a CD. */
static uint32_t sector_size(void)
{
    struct drive_parameters parameters = {.size = sizeof parameters};
    struct bios_registers registers = {
        .eax = DISK_PARAMETERS,
        .edx = drive,
        .ds = bios_segment(&parameters),
        .esi = bios_offset(&parameters),
    };
    bios_call(INT_DISK, &registers);
    if (bios_failed(&registers) || parameters.bytes_per_sector == 0) {
        return SECTOR_SIZE;
    }
    return parameters.bytes_per_sector;
}

bool firmware_disc_open(struct error *error)
{
    struct bios_registers registers = {
        .eax = DISK_EXTENSIONS_PRESENT,
        .ebx = DISK_EXTENSIONS_MAGIC,
        .edx = drive,
    };
    bios_call(INT_DISK, &registers);
    if (bios_failed(&registers) || (registers.ebx & 0xffff) != DISK_EXTENSIONS_ANSWER) {
        return fail(error, "the firmware has no INT 13h extensions for drive 0x%02x", drive);
    }
    uint32_t bytes = sector_size();
    if (bytes != SECTOR_SIZE && bytes != HARD_DISK_SECTOR_SIZE) {
        return fail(error, "drive 0x%02x has sectors of %u bytes, not 512 or 2048", drive, bytes);
    }
    sectors_per_block = SECTOR_SIZE / bytes;
    max_blocks = BUFFER_BYTES / SECTOR_SIZE;
    if (max_blocks * sectors_per_block > MAX_SECTORS) {
        max_blocks = MAX_SECTORS / sectors_per_block;
    }
    return true;
}

static bool transfer(uint32_t lba, uint32_t count, uint8_t *status)
{
    struct disk_address_packet packet = {
        .size = sizeof packet,
        .count = (uint16_t)(count * sectors_per_block),
        .buffer_segment = bios_segment(bounce_buffer),
        .lba = (uint64_t)lba * sectors_per_block,
    };
    struct bios_registers registers = {
        .eax = DISK_EXTENDED_READ,
        .edx = drive,
        .ds = bios_segment(&packet),
        .esi = bios_offset(&packet),
    };
    bios_call(INT_DISK, &registers);
    *status = (uint8_t)(registers.eax >> 8);
    /* The packet's count is what was transferred: less than asked for is a failure. */
    return !bios_failed(&registers) && packet.count == count * sectors_per_block;
}

static void reset(void)
{
    struct bios_registers registers = {.eax = DISK_RESET, .edx = drive};
    bios_call(INT_DISK, &registers);
}

bool firmware_disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *error)
{
    uint8_t *destination = buffer;
    unsigned tries = TRIES;
    while (count > 0) {
        uint32_t blocks = count < max_blocks ? count : max_blocks;
        uint8_t status;
        if (transfer(lba, blocks, &status)) {
            memcpy(destination, bounce_buffer, blocks * SECTOR_SIZE);
            destination += blocks * SECTOR_SIZE;
            lba += blocks;
            count -= blocks;
            tries = TRIES;
            continue;
        }
        reset();
        if (blocks > 1) {
            max_blocks = blocks / 2;
        } else if (--tries == 0) {
            return fail(error, "sector %u of drive 0x%02x cannot be read (INT 13h status 0x%02x)",
                        lba, drive, status);
        }
    }
    return true;
}
