// SPDX-License-Identifier: BSD-2-Clause
// See stage2/disc/native_disc.h. Tries the controllers that are listed here, on all of PCI's buses.
#include "stage2/disc/native_disc.h"

#include <stddef.h>
#include "boot/bios/bios.h"
#include "stage2/disc/ahci.h"
#include "stage2/overlay.h"
#include "stage2/firmware.h"
#include "stage2/fs/iso9660.h"
#include "stage2/disc/irq_wait.h"
#include "stage2/bus/pci.h"
#include "stage2/disc/pc/pc.h"
#include "stage2/disc/pc/piix_ide.h"
#include "stage2/disc/pc/virtio_blk.h"
#include "stage2/timing/timeline.h"

enum {
    BUSES = 256,
    FUNCTIONS_OF_BUS = 32 * 8,
    FUNCTION_OF_IMAGE_DMA = 1 << 3 | 1, /* the only one that image_dma.asm looks at */

    EXPRESS_TYPE = 0xf00000, /* of the port that has this capability */
    EXPRESS_ROOT_PORT = 0x400000,
    EXPRESS_DOWNSTREAM_PORT = 0x600000,

    PRELOADED_MOST = 32, /* what bounce_buffer holds */
};

extern uint8_t bounce_buffer[]; /* linker/bios.ld */

enum driver { FIRMWARE, PIIX, AHCI, VIRTIO };
static enum driver driver;            /* in use */
static const struct overlay *overlay; /* has AHCI's driver */

static const char *name(enum driver of)
{
    static const char *const names[] = {"int13", "piix-ide", "ahci", "virtio-blk"};
    return names[of];
}

static void close_driver(enum driver which)
{
    if (which == PIIX) {
        piix_ide_close();
    } else if (which == VIRTIO) {
        virtio_blk_close();
    }
}

/* Leaves the disc to the firmware, and says why. failed: the driver that was in use or tried;
   FIRMWARE: none, which is nothing to tell. */
static bool give_up(enum driver failed, const char *reason, uint32_t lba)
{
    native_disc_close();
    driver = FIRMWARE;
    if (failed != FIRMWARE) {
        timeline_fallback(name(failed), reason, lba);
    }
    return false;
}

// ---- Finding the drive

/* What is looked for, and what came of it so far. */
struct search {
    uint32_t lba;
    const uint8_t *sector;
    bool is_atapi;
    enum driver tried; /* last; FIRMWARE: none */
    unsigned found;    /* drives */
    bool is_done;
    uint8_t buses[BUSES];
};
enum { NO_BUS, LINK, BUS }; /* in search.buses. A link has device 0 only. */

/* Asks AHCI's driver. The overlay, where it is, is read by the firmware: a drive that was found
   already may still turn out to be one of two. */
static unsigned open_ahci(const struct search *search, uint32_t function)
{
    struct error ignored;
    enum driver found = driver;
    native_disc_close();
    driver = FIRMWARE;
    overlay = overlay_load(&ignored); /* if it fails, the boot's next use of it gives the reason */
    driver = found;
    return overlay == NULL ? 0
                           : overlay->ahci_open(function, AHCI_RUNNING_PORTS, search->lba,
                                                search->sector, search->is_atapi);
}

/* Hands a function to the driver for it. */
static void try_function(struct search *search, uint32_t function, uint32_t identity)
{
    unsigned found = 0;
    enum driver its = FIRMWARE;
    if (identity == PIIX3_IDE || identity == PIIX4_IDE) {
        its = PIIX;
        found = piix_ide_open(function, search->lba, search->sector, search->is_atapi);
    } else if (identity == ICH9_AHCI && ahci_has_drive(function, search->is_atapi)) {
        its = AHCI;
        found = open_ahci(search, function);
    } else if ((identity == VIRTIO_BLK_TRANSITIONAL || identity == VIRTIO_BLK) &&
               !search->is_atapi) {
        its = VIRTIO;
        found = virtio_blk_open(function, search->lba, search->sector);
    }
    search->tried = its != FIRMWARE ? its : search->tried;
    search->found += found;
    if (search->found == 1 && found == 1) {
        driver = its;
    } else if (found > 0) {
        close_driver(its); /* the firmware will read on by it */
    }
}

/* Notes the bus behind a bridge. Buses that firmware has numbered have higher numbers than the bus
   that leads to them; others are not looked at, so the search ends. */
static void note_bridge(struct search *search, uint32_t function)
{
    uint32_t at = 0;
    uint8_t kind = BUS;
    for (unsigned left = PCI_MOST_CAPABILITIES;
         left > 0 && (at = pci_next_capability(function, at)) != 0; left--) {
        uint32_t head = pci_read(function, at);
        if ((head & 0xff) == PCI_CAPABILITY_EXPRESS) {
            uint32_t type = head & EXPRESS_TYPE;
            kind = type == EXPRESS_ROOT_PORT || type == EXPRESS_DOWNSTREAM_PORT ? LINK : BUS;
            break;
        }
    }
    search->buses[pci_read(function, PCI_BUSES) >> 8 & 0xff] = kind;
}

/* Each query of PCI costs two exits to the hypervisor. So functions 1 to 7 are asked only if
   function 0 says that the device has more than one (PCI 3.0, 3.2.2.3.4). */
static void search_bus(struct search *search, uint32_t bus)
{
    uint32_t start = bus * FUNCTIONS_OF_BUS;
    uint32_t end =
        start + (search->buses[bus] == LINK ? PCI_FUNCTIONS_OF_DEVICE : FUNCTIONS_OF_BUS);
    uint32_t step = PCI_FUNCTIONS_OF_DEVICE;
    for (uint32_t function = start; function < end; function += step) {
        uint32_t identity = pci_read(function, PCI_IDENTITY);
        if (identity == PCI_ABSENT) {
            step = function % PCI_FUNCTIONS_OF_DEVICE == 0 ? PCI_FUNCTIONS_OF_DEVICE : step;
            continue;
        }
        uint32_t header = pci_read(function, PCI_HEADER);
        if (function % PCI_FUNCTIONS_OF_DEVICE == 0) {
            step = (header & PCI_HEADER_MULTIFUNCTION) != 0 ? 1 : PCI_FUNCTIONS_OF_DEVICE;
        }
        if ((header & PCI_HEADER_TYPE) == PCI_HEADER_BRIDGE) {
            note_bridge(search, function);
        } else {
            try_function(search, function, identity);
        }
    }
}

/* Looks at all drives: if two give the same sector, only the firmware knows which of them it booted
   from. False: not exactly one does. */
static bool find_drive(struct search *search)
{
    search->buses[0] = BUS;
    for (uint32_t bus = 0; bus < BUSES; bus++) {
        if (search->buses[bus] != NO_BUS) {
            search_bus(search, bus);
        }
    }
    if (search->found != 1) {
        native_disc_close();
        driver = FIRMWARE;
    }
    return search->found == 1;
}

/* Reads the sectors around the volume descriptors, up to preloaded->disc_end_lba. */
static bool preload(struct preloaded *preloaded)
{
    uint32_t first = firmware_volume_descriptor_lba() - 1, end = preloaded->disc_end_lba;
    uint32_t left = end > first ? end - first : 0;
    uint32_t count = left < PRELOADED_MOST ? left : PRELOADED_MOST;
    bool done = count == 0 || native_disc_read(first, count, bounce_buffer);
    preloaded->sectors = bounce_buffer;
    preloaded->count = done ? count : 0;
    return done;
}

/* The search for a drive from which the firmware has read the loader. */
static struct search searched;

/* If the firmware has read the loader, the drive is the one that gives the same first sector of it:
   that sector has the disc's identifier. */
bool native_disc_attach_proven(struct preloaded *preloaded)
{
    uint8_t sector[ISO9660_SECTOR_SIZE]; /* the firmware may read to where it is */
    const struct piix_drive *drive = pc_boot_drive();
    if (drive != NULL) {
        driver = PIIX;
        piix_ide_attach(FUNCTION_OF_IMAGE_DMA, drive, true);
        *preloaded = pc_preloaded();
        return true;
    }
    searched.is_done = disc_image_sector(sector, &searched.lba, &searched.is_atapi);
    if (!searched.is_done) {
        return false;
    }
    searched.sector = sector;
    preloaded->disc_end_lba = pc_preloaded().disc_end_lba;
    bool found = find_drive(&searched);
    searched.sector = NULL;
    return found && preload(preloaded);
}

bool native_disc_open(uint32_t lba, const uint8_t *sector, bool is_atapi,
                      struct preloaded *preloaded)
{
    if (!searched.is_done) {
        searched = (struct search){.lba = lba, .sector = sector, .is_atapi = is_atapi};
        find_drive(&searched);
    } else if (searched.found == 1) {
        return false; /* it was found, and then failed */
    }
    if (searched.found == 1) {
        return preload(preloaded);
    }
    return give_up(
        searched.tried,
        searched.found == 0 ? "no drive with the same data" : "two drives with the same data", lba);
}

// ---- Reading

bool native_disc_is_open(void)
{
    return driver != FIRMWARE;
}

static bool keep_if(bool done, uint32_t lba)
{
    return done || give_up(driver, irq_wait_timed_out() ? "time-out" : "read error", lba);
}

bool native_disc_start(uint32_t lba, uint32_t length, void *buffer)
{
    switch (driver) {
    case VIRTIO:
        return keep_if(virtio_blk_start(lba, length, buffer), lba);
    case PIIX: /* needs even addresses, as AHCI does */
        return ((uintptr_t)buffer & 1) == 0 && keep_if(piix_ide_start(lba, length, buffer), lba);
    default:
        return false;
    }
}

bool native_disc_wait(uint32_t lba)
{
    return keep_if(driver == VIRTIO ? virtio_blk_wait() : piix_ide_wait(), lba);
}

bool native_disc_read(uint32_t lba, uint32_t count, void *buffer)
{
    if (driver == AHCI) {
        return ((uintptr_t)buffer & 1) == 0 && keep_if(overlay->ahci_read(lba, count, buffer), lba);
    }
    return native_disc_start(lba, count * ISO9660_SECTOR_SIZE, buffer) && native_disc_wait(lba);
}

void native_disc_close(void)
{
    close_driver(driver);
}

const char *native_disc_name(void)
{
    return name(driver);
}
