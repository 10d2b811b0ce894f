// SPDX-License-Identifier: BSD-2-Clause
// The disc that we boot from (stage2/disc/native_disc.h, stage2/firmware.h).
#include <string.h>
#include "loader/bytes.h"
#include "stage2/bus/io.h"
#include "stage2/bus/pci.h"
#include "stage2/disc/native_disc.h"
#include "stage2/disc/pc/piix_ide.h"
#include "stage2/firmware.h"

enum {
    SECTOR_SIZE = 2048,
    FIRST_LBA = 15,
    DESCRIPTOR_LBA = 16,
    FRONT_SECTORS = 32,
    VOLUME_SPACE_SIZE = 80,
};
extern uint8_t bounce_buffer[];
static struct piix_drive drive;
enum { FUNCTION = 1 << 3 | 1 };

static bool read_once(uint32_t lba, uint32_t count, void *buffer)
{
    return piix_ide_start(lba, count * SECTOR_SIZE, buffer) && piix_ide_wait();
}

bool native_disc_attach_proven(struct preloaded *preloaded)
{
    static const uint16_t ports[] = {0x1f0, 0x170};
    pci_write(FUNCTION, PCI_BAR4, 0xc000);
    pci_set_command(FUNCTION, 0x105);
    for (unsigned i = 0; i < 4; i++) {
        drive = (struct piix_drive){.bus_master = (uint16_t)(0xc000 + i / 2 * 8),
                                    .ports = ports[i / 2],
                                    .device = (uint8_t)(0xa0 | i % 2 << 4)};
        out8(drive.ports + 6, drive.device);
        if (in8(drive.ports + 4) != 0x14 || in8(drive.ports + 5) != 0xeb) {
            continue;
        }
        piix_ide_attach(FUNCTION, &drive, true);
        if (read_once(FIRST_LBA, FRONT_SECTORS, bounce_buffer) &&
            memcmp(bounce_buffer + SECTOR_SIZE + 1, "CD001", 5) == 0) {
            *preloaded =
                (struct preloaded){bounce_buffer, FRONT_SECTORS,
                                   load32(bounce_buffer + SECTOR_SIZE + VOLUME_SPACE_SIZE)};
            return true;
        }
    }
    return false;
}

bool native_disc_open(uint32_t lba, const uint8_t *sector, bool is_atapi)
{
    (void)lba, (void)sector, (void)is_atapi;
    return false;
}

bool native_disc_is_open(void)
{
    return true;
}

bool native_disc_start(uint32_t lba, uint32_t length, void *buffer)
{
    return piix_ide_start(lba, length, buffer);
}
bool native_disc_wait(uint32_t lba)
{
    (void)lba;
    return piix_ide_wait();
}
bool native_disc_read(uint32_t lba, uint32_t count, void *buffer)
{
    return read_once(lba, count, buffer);
}
void native_disc_close(void) {}
const char *native_disc_name(void)
{
    return "piix-ide";
}
uint32_t firmware_disc_sector_bytes(void)
{
    return SECTOR_SIZE;
}
bool firmware_disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *error)
{
    (void)count, (void)buffer;
    return fail(error, "cannot read sector %u", lba);
}
uint32_t firmware_volume_descriptor_lba(void)
{
    return DESCRIPTOR_LBA;
}
uint32_t firmware_boot_device(void)
{
    return 0xe0ffffff;
}
