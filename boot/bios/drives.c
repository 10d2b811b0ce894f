// SPDX-License-Identifier: BSD-2-Clause
// The BIOS's drives, for Multiboot 1 (0.6.96, 3.3). INT 13h AH=48h (EDD 3.0, 8.22) and AH=08h
// describe them; the device parameter table (8.22.1) has the ports. No drive is accessed.
#include "boot/bios/bios.h"
#include "stage2/disc/pc/pc.h"
#include "stage2/firmware.h"

enum {
    INT_DISK = 0x13,
    DISK_GEOMETRY = 0x0800,
    BDA_HARD_DISKS = 0x475, /* byte: how many */
    FIRST_HARD_DISK = 0x80,
    MODE_LBA = 1,

    INFORMATION_GEOMETRY = 1 << 1,
    INFORMATION_REMOVABLE = 1 << 2, /* the medium has no geometry */

    DEVICE_TABLE_BYTES = 16, /* two words first: base port, control port */
    BLOCK_PORTS = 8,         /* from the base port on */
    IDE_CONTROL_OFFSET = 0x206,
};

static uint8_t clamp(uint32_t value)
{
    return value < UINT8_MAX ? (uint8_t)value : UINT8_MAX;
}

static void set_geometry(struct boot_drive *drive, uint32_t cylinders, uint32_t heads,
                         uint32_t sectors)
{
    drive->drive_cylinders = cylinders < UINT16_MAX ? (uint16_t)cylinders : UINT16_MAX;
    drive->drive_heads = clamp(heads);
    drive->drive_sectors = clamp(sectors);
}

static void set_ports(struct boot_drive *drive, uint32_t block, uint16_t control)
{
    for (unsigned i = 0; i < BLOCK_PORTS; i++) {
        drive->drive_ports[i] = (uint16_t)(block + i);
    }
    drive->drive_ports[BLOCK_PORTS] = control;
}

/* far_pointer: real mode's; 0 or 0xffffffff: no table */
static void set_ports_by_table(struct boot_drive *drive, uint32_t far_pointer)
{
    const uint8_t *table = bios_far_data(far_pointer);
    if (far_pointer + 1 > 1 && sums_to_zero(table, DEVICE_TABLE_BYTES)) {
        set_ports(drive, load16(table), load16(table + 2));
    }
}

/* Describes a drive. known, if not NULL, is the boot drive as we know it: asking the BIOS would
   take a tenth of a small boot. */
static void describe(uint8_t number, struct boot_drive *drive, const struct piix_drive *known)
{
    struct drive_parameters parameters;
    *drive = (struct boot_drive){.size = sizeof *drive, .drive_number = number};
    if (known != NULL) { /* a CD drive */
        drive->drive_mode = MODE_LBA;
        set_ports(drive, known->ports, known->ports + IDE_CONTROL_OFFSET);
        return;
    }
    if (disc_parameters(number, &parameters)) {
        drive->drive_mode = MODE_LBA;
        if (parameters.size >= sizeof parameters) {
            set_ports_by_table(drive, parameters.device_table);
        }
        if (parameters.information & INFORMATION_REMOVABLE) {
            return;
        }
        if (parameters.information & INFORMATION_GEOMETRY) {
            set_geometry(drive, parameters.cylinders, parameters.heads,
                         parameters.sectors_per_track);
            return;
        }
    }
    struct bios_registers registers = {.eax = DISK_GEOMETRY, .edx = number};
    bios_call(INT_DISK, &registers);
    if (!bios_failed(&registers)) {
        uint32_t ecx = registers.ecx; /* CH: cylinder's low bits; CL: high bits, sector */
        set_geometry(drive, ((ecx >> 8 & 0xff) | (ecx & 0xc0) << 2) + 1,
                     (registers.edx >> 8 & 0xff) + 1, ecx & 0x3f);
    }
}

size_t firmware_drives(struct boot_drive drives[BOOT_DRIVES])
{
    uint8_t boot_drive = (uint8_t)(firmware_boot_device() >> 24);
    size_t count = *(const volatile uint8_t *)bios_data(BDA_HARD_DISKS);
    count = count < BOOT_DRIVES ? count : BOOT_DRIVES - 1;
    for (size_t i = 0; i < count; i++) {
        describe((uint8_t)(FIRST_HARD_DISK + i), &drives[i], NULL);
    }
    if ((size_t)boot_drive - FIRST_HARD_DISK >= count) {
        describe(boot_drive, &drives[count++], pc_boot_drive());
    }
    return count;
}
