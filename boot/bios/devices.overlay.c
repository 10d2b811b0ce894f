// SPDX-License-Identifier: BSD-2-Clause
// The machine's discs by INT 13h extensions (EDD 3.0), with GRUB's names: hard disks in the BIOS's
// order, hd0 is drive 0x80, and the CD that we boot from, cd.
#include <string.h>
#include "boot/bios/bios.h"
#include "boot/bios/devices.h"
#include "loader/format.h"
#include "stage2/disc/read.h"
#include "stage2/firmware.h"
#include "stage2/timing/timeline.h"

enum {
    INT_DISK = 0x13,
    DISK_RESET = 0x0000,
    DISK_EXTENDED_READ = 0x4200,
    BDA_HARD_DISKS = 0x475, /* byte: how many */
    FIRST_HARD_DISK = 0x80,

    BUFFER_BYTES = 0x10000,
    LEAST_BLOCK_SHIFT = 9,
    MOST_BLOCK_SHIFT = 12,
    TRIES = 4,
};

/* EDD 3.0, table 1 */
struct address_packet {
    uint8_t size;
    uint8_t reserved;
    uint16_t count;
    uint16_t buffer_offset;
    uint16_t buffer_segment;
    uint64_t block;
} __attribute__((packed));
_Static_assert(sizeof(struct address_packet) == 16, "EDD 3.0, table 1");

extern uint8_t bounce_buffer[]; /* linker/bios.ld: BUFFER_BYTES, aligned to its size */

static uint8_t boot_drive(void)
{
    return (uint8_t)(firmware_boot_device() >> 24);
}

int device_drive(unsigned index)
{
    unsigned disks = *(const volatile uint8_t *)bios_data(BDA_HARD_DISKS);
    bool is_other = boot_drive() < FIRST_HARD_DISK || boot_drive() - FIRST_HARD_DISK >= (int)disks;
    if (index < disks) {
        return FIRST_HARD_DISK + (int)index;
    }
    return index == disks && is_other ? boot_drive() : -1;
}

/* A drive without the extensions has no blocks. */
bool firmware_device(unsigned index, struct firmware_device *device)
{
    struct drive_parameters parameters;
    int drive = device_drive(index);
    if (drive < 0) {
        return false;
    }
    bool is_known = disc_parameters((uint8_t)drive, &parameters);
    uint32_t bytes = is_known ? parameters.bytes_per_sector : 0;
    device->block_shift = LEAST_BLOCK_SHIFT;
    while (device->block_shift < MOST_BLOCK_SHIFT && 1u << device->block_shift < bytes) {
        device->block_shift++;
    }
    device->block_count = 1u << device->block_shift == bytes ? parameters.sectors : 0;
    bool is_disk = drive - FIRST_HARD_DISK == (int)index;
    format_text(device->name, sizeof device->name, is_disk ? "hd%u" : "cd", index);
    return true;
}

/* Reads up to BUFFER_BYTES to the buffer that the BIOS reaches. */
static bool transfer(uint8_t drive, uint64_t block, uint32_t count, uint8_t *status)
{
    struct address_packet packet = {
        .size = sizeof packet,
        .count = (uint16_t)count,
        .buffer_segment = bios_segment(bounce_buffer),
        .block = block,
    };
    struct bios_registers registers = {
        .eax = DISK_EXTENDED_READ,
        .edx = drive,
        .ds = bios_segment(&packet),
        .esi = bios_offset(&packet),
    };
    bios_call(INT_DISK, &registers);
    *status = (uint8_t)(registers.eax >> 8);
    return !bios_failed(&registers) && packet.count == count;
}

static void reset(uint8_t drive)
{
    struct bios_registers registers = {.eax = DISK_RESET, .edx = drive};
    bios_call(INT_DISK, &registers);
}

bool firmware_device_read(unsigned index, uint64_t block, uint32_t count, void *buffer,
                          struct error *error)
{
    struct firmware_device device;
    uint8_t *destination = buffer;
    unsigned tries = TRIES;
    uint8_t drive = (uint8_t)device_drive(index);
    if (!disc_yield(error) || !firmware_device(index, &device)) {
        return false;
    }
    uint32_t most = ((uint32_t)BUFFER_BYTES >> device.block_shift) - 1; /* 127: EDD 1.1 */
    while (count > 0) {
        uint32_t part = count < most ? count : most;
        uint8_t status;
        if (transfer(drive, block, part, &status)) {
            uint32_t bytes = part << device.block_shift;
            timeline_transfer(bytes);
            memcpy(destination, bounce_buffer, bytes);
            destination += bytes;
            block += part;
            count -= part;
            tries = TRIES;
            continue;
        }
        reset(drive);
        most = part > 1 ? part / 2 : 1;
        if (part == 1 && --tries == 0) {
            return fail(error, "block %llu of drive 0x%02x cannot be read (INT 13h status 0x%02x)",
                        (unsigned long long)block, drive, status);
        }
    }
    return true;
}
