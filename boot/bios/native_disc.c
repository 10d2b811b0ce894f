// SPDX-License-Identifier: BSD-2-Clause
// See stage2/disc/native_disc.h. Tries only the controllers on PCI's bus 0 that are listed here.
#include "stage2/disc/native_disc.h"

#include "stage2/disc/ahci.h"
#include "stage2/overlay.h"
#include "stage2/firmware.h"
#include "stage2/fs/iso9660.h"
#include "stage2/disc/irq_wait.h"
#include "stage2/bus/pci.h"
#include "stage2/disc/pc/pc.h"
#include "stage2/disc/pc/piix_ide.h"
#include "stage2/timing/timeline.h"

enum {
    FUNCTIONS = 32 * 8, /* of a bus */
    FUNCTIONS_OF_DEVICE = 8,
    FUNCTION_OF_IMAGE_DMA = 1 << 3 | 1, /* the only one that image_dma.asm looks at */
    PIIX3_IDE = 0x70108086,
    PIIX4_IDE = 0x71118086,
    ICH9_AHCI = 0x29228086,
};

static enum { FIRMWARE, PIIX, AHCI } driver;
static const struct overlay *overlay; /* has AHCI's driver */

static bool open_function(uint32_t identity, uint32_t function, uint32_t lba, const uint8_t *sector,
                          bool is_atapi)
{
    struct error ignored;
    switch (identity) {
    case PIIX3_IDE:
    case PIIX4_IDE:
        driver = PIIX;
        return piix_ide_open(function, lba, sector, is_atapi);
    case ICH9_AHCI:
        driver = FIRMWARE; /* reads the overlay, whatever was tried before */
        overlay = overlay_load(&ignored);
        if (overlay == NULL) {
            return false; /* the boot's next use of the overlay gives the reason */
        }
        driver = AHCI;
        return overlay->ahci_open(function, AHCI_RUNNING_PORTS, lba, sector, is_atapi);
    default:
        return false;
    }
}

/* Leaves the disc to the firmware, and says so if a driver was in use or tried. */
static bool give_up(const char *reason, uint32_t lba)
{
    if (driver != FIRMWARE) {
        timeline_fallback(native_disc_name(), reason, lba);
        driver = FIRMWARE;
    }
    return false;
}

bool native_disc_attach_proven(struct preloaded *preloaded)
{
    const struct piix_drive *drive = pc_boot_drive();
    if (drive == NULL) {
        return false;
    }
    driver = PIIX;
    piix_ide_attach(FUNCTION_OF_IMAGE_DMA, drive, true);
    *preloaded = pc_preloaded();
    return true;
}

/* Each query of PCI costs two exits to the hypervisor. So functions 1 to 7 are asked only if
   function 0 says that the device has more than one (PCI 3.0, 3.2.2.3.4). */
bool native_disc_open(uint32_t lba, const uint8_t *sector, bool is_atapi)
{
    uint32_t step = FUNCTIONS_OF_DEVICE;
    for (uint32_t function = 0; function < FUNCTIONS; function += step) {
        uint32_t identity = pci_read(function, PCI_IDENTITY);
        if (function % FUNCTIONS_OF_DEVICE == 0) {
            step = identity != PCI_ABSENT &&
                           (pci_read(function, PCI_HEADER) & PCI_HEADER_MULTIFUNCTION) != 0
                       ? 1
                       : FUNCTIONS_OF_DEVICE;
        }
        if (open_function(identity, function, lba, sector, is_atapi)) {
            return true;
        }
    }
    return give_up("no drive with the same data", lba);
}

bool native_disc_is_open(void)
{
    return driver != FIRMWARE;
}

static bool give_up_after_failure(uint32_t lba)
{
    return give_up(irq_wait_timed_out() ? "time-out" : "read error", lba);
}

/* The drivers' DMA needs even addresses. */
bool native_disc_start(uint32_t lba, uint32_t length, void *buffer)
{
    return driver == PIIX && ((uintptr_t)buffer & 1) == 0 &&
           (piix_ide_start(lba, length, buffer) || give_up_after_failure(lba));
}

bool native_disc_wait(uint32_t lba)
{
    return piix_ide_wait() || give_up_after_failure(lba);
}

bool native_disc_read(uint32_t lba, uint32_t count, void *buffer)
{
    if (driver == PIIX) {
        return native_disc_start(lba, count * ISO9660_SECTOR_SIZE, buffer) && native_disc_wait(lba);
    }
    return driver == AHCI && ((uintptr_t)buffer & 1) == 0 &&
           (overlay->ahci_read(lba, count, buffer) || give_up_after_failure(lba));
}

void native_disc_close(void)
{
    if (driver == PIIX) {
        piix_ide_close();
    }
}

const char *native_disc_name(void)
{
    static const char *const names[] = {"int13", "piix-ide", "ahci"};
    return names[driver];
}
