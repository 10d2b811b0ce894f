// SPDX-License-Identifier: BSD-2-Clause
// The disc that we boot from (stage2/disc/native_disc.h, stage2/firmware.h): the first with a Whelk
// ISO, in the order that the user of QEMU wants, or else disks before CDs as with QEMU's usual
// firmware. Our drivers alone read; what fails is tried again.
#include "boot/bare/disc.h"

#include <string.h>
#include "boot/bare/bare.h"
#include "boot/bare/fw_cfg.h"
#include "boot/bare/order/boot_order.h"
#include "boot/bare/pci.h"
#include "boot/bare/pio_ide.h"
#include "boot/bare/ram_disc.h"
#include "boot/pc/bda.h"
#include "loader/format.h"
#include "stage2/bus/io.h"
#include "stage2/bus/pci.h"
#include "stage2/disc/ahci.h"
#include "stage2/disc/native_disc.h"
#include "stage2/disc/patience.h"
#include "stage2/disc/pc/piix_ide.h"
#include "stage2/disc/pc/virtio_blk.h"
#include "stage2/firmware.h"
#include "stage2/prepared/prepared.h"

enum {
    SECTOR_SIZE = 2048,
    DISK_SECTOR_SIZE = 512,
    DESCRIPTOR_LBA = 16,
    FRONT_LBA = DESCRIPTOR_LBA - 1, /* the prepared block */
    FRONT_SECTORS = 32,             /* what bounce_buffer holds */
    FRONT_LEAST = 2,
    VOLUME_SPACE_SIZE = 80, /* offset in the primary descriptor: ECMA-119, 8.4.8 */
    TRIES = 5,
    SPLIT = 16,

    DISCS = 32,
    DISC_NAME_BYTES = 48,
    DEVICE_BYTES = 64,
    ORDER_BYTES = 4096,

    IDE_DRIVES = 4,
    IDE_PRIMARY = 0x1f0,
    IDE_SECONDARY = 0x170,
    IDE_LBA_MID = 4,
    IDE_LBA_HIGH = 5,
    IDE_DEVICE = 6,
    IDE_STATUS = 7,
    NO_DEVICE = 0xff,
    IDE_MASTER = 0xa0,
    IDE_SLAVE = 0x10,
    IDE_LBA = 0x40, /* for disks */
    SIGNATURE_ATAPI = 0xeb14,
    BUS_MASTER_CHANNEL_PORTS = 8,
    AHCI_PORTS = 32,

    VIRTIO_MMIO_SLOTS = 24,
    VIRTIO_MMIO_BYTES = 512,
    VIRTIO_MMIO_DEVICE = 2, /* virtio 1.2, 4.2.2: registers of 32 bits */
    VIRTIO_MMIO_BLOCK = 2,

    NO_LINE = 0, /* the slots' interrupts are at the second I/O APIC */

    DRIVE_CD = 0xe0, /* as SeaBIOS numbers them for INT 13h */
    DRIVE_DISK = 0x80,
};

#define VIRTIO_MMIO       0xfeb00000u
#define VIRTIO_MMIO_MAGIC 0x74726976u

enum kind { IDE, ISA_IDE, SATA, RAM, VIRTIO, VIRTIO_SLOT };

struct disc {
    enum kind kind;
    uint16_t function; /* PCI's, if it has one */
    uint8_t number;    /* of IDE's drive, 0 to 3; of SATA's port; of VIRTIO_SLOT's slot */
    bool is_cd;        /* SATA: known when it is opened */
    size_t order;      /* in the user's list; SIZE_MAX: not there */
};

extern uint8_t bounce_buffer[]; /* linker/bare.ld: FRONT_SECTORS */

static struct disc discs[DISCS];
static size_t disc_count;
static const struct disc *disc; /* the one that is open; NULL: none */
static bool is_started;         /* the port (SATA) or device (virtio), which then uses our memory */
static struct preloaded front;

// ---- Finding discs

static void add_disc(const struct disc *found)
{
    if (disc_count < DISCS) {
        discs[disc_count++] = *found;
    }
}

static uint16_t ide_ports(unsigned number)
{
    return number < IDE_DRIVES / 2 ? IDE_PRIMARY : IDE_SECONDARY;
}

/* Adds the drives of both channels, by the signatures that they show after a reset (ATA/ATAPI-6,
   9.12). A channel's drives share these registers: the first command would destroy both. */
static void find_ide(enum kind kind, uint16_t function)
{
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        uint16_t ports = ide_ports(i);
        out8(ports + IDE_DEVICE, (uint8_t)(IDE_MASTER | (i % 2 != 0 ? IDE_SLAVE : 0)));
        unsigned signature = in8(ports + IDE_LBA_MID) | (unsigned)in8(ports + IDE_LBA_HIGH) << 8;
        bool is_cd = signature == SIGNATURE_ATAPI;
        uint8_t status = is_cd || signature == 0 ? in8(ports + IDE_STATUS) : 0;
        if (status != 0 && status != NO_DEVICE) {
            add_disc(&(struct disc){kind, function, (uint8_t)i, is_cd, SIZE_MAX});
        }
    }
}

static void find_sata(const struct pci_function *function)
{
    uint32_t ports = ahci_ports(function->function);
    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        if ((ports >> i & 1) != 0) {
            add_disc(&(struct disc){SATA, function->function, (uint8_t)i, false, SIZE_MAX});
        }
    }
}

/* Adds the block devices in the slots of QEMU's `microvm`, which has no PCI by default. QEMU fills
   them from the last one on; without ACPI there are 8 only. */
static void find_virtio_mmio(void)
{
    for (unsigned i = VIRTIO_MMIO_SLOTS; i-- > 0;) {
        const volatile uint32_t *slot =
            (const volatile uint32_t *)(uintptr_t)bios_data(VIRTIO_MMIO + i * VIRTIO_MMIO_BYTES);
        if (slot[0] == VIRTIO_MMIO_MAGIC && slot[VIRTIO_MMIO_DEVICE] == VIRTIO_MMIO_BLOCK) {
            add_disc(&(struct disc){VIRTIO_SLOT, 0, (uint8_t)i, false, SIZE_MAX});
        }
    }
}

static void find_discs(void)
{
    size_t count;
    const struct pci_function *function = pci_functions(&count);
    if (count == 0) {
        find_virtio_mmio();
        find_ide(ISA_IDE, 0);
    }
    for (; count > 0; count--, function++) {
        if (function->identity == PIIX3_IDE || function->identity == PIIX4_IDE) {
            find_ide(IDE, function->function);
        } else if (function->class == PCI_CLASS_SATA) {
            find_sata(function);
        } else if (function->identity == VIRTIO_BLK_TRANSITIONAL ||
                   function->identity == VIRTIO_BLK) {
            add_disc(&(struct disc){VIRTIO, function->function, 0, false, SIZE_MAX});
        }
    }
}

// ---- Reading

/* The register value that selects an IDE drive. */
static uint8_t ide_device(const struct disc *which)
{
    return (uint8_t)(IDE_MASTER | (which->number % 2 != 0 ? IDE_SLAVE : 0) |
                     (which->is_cd ? 0 : IDE_LBA));
}

static void open_ide(const struct disc *wanted)
{
    unsigned number = wanted->number;
    uint16_t base = (uint16_t)(pci_read(wanted->function, PCI_BAR4) & PCI_BAR_IO_MASK);
    const struct piix_drive drive = {
        .bus_master = (uint16_t)(base + number / 2 * BUS_MASTER_CHANNEL_PORTS),
        .ports = ide_ports(number),
        .device = ide_device(wanted),
    };
    piix_ide_attach(wanted->function, &drive, wanted->is_cd);
}

static bool open_sata(struct disc *wanted)
{
    static uint8_t memory[AHCI_PORT_BYTES] __attribute__((aligned(1024)));
    uint32_t port = 1u << wanted->number;
    is_started = ahci_start_port(wanted->function, wanted->number, memory);
    if (!is_started) {
        return false;
    }
    wanted->is_cd = ahci_open(wanted->function, port, DESCRIPTOR_LBA, NULL, true) == 1;
    return wanted->is_cd || ahci_open(wanted->function, port, DESCRIPTOR_LBA, NULL, false) == 1;
}

static bool open_virtio(const struct disc *wanted)
{
    static uint8_t queue[VIRTIO_BLK_QUEUE_BYTES] UNCLEARED_MEMORY __attribute__((aligned(4096)));
    is_started = wanted->kind == VIRTIO
                     ? virtio_blk_set_up(wanted->function, queue)
                     : virtio_blk_set_up_mmio(VIRTIO_MMIO + wanted->number * VIRTIO_MMIO_BYTES,
                                              NO_LINE, queue);
    return is_started;
}

static bool is_ide(const struct disc *which)
{
    return which->kind == IDE || which->kind == ISA_IDE;
}

/* Makes the disc the one that is read. False: it is not ready. */
static bool open_disc(struct disc *wanted)
{
    disc = wanted;
    switch (wanted->kind) {
    case IDE:
        open_ide(wanted);
        return true;
    case ISA_IDE:
        return true;
    case SATA:
        return open_sata(wanted);
    default:
        return open_virtio(wanted);
    }
}

/* Leaves the disc alone: nothing is written to our memory any more. */
static void close_disc(void)
{
    if (is_started && disc->kind == SATA) {
        ahci_stop_port(disc->function, disc->number);
    } else if (is_started) {
        virtio_blk_close();
    }
    is_started = false;
}

/* Opens the disc again if it was closed, or if its driver has given it up. */
static bool reopen_disc(bool has_failed)
{
    bool is_open = !has_failed && (is_ide(disc) || is_started);
    if (has_failed) {
        close_disc();
    }
    return is_open || open_disc(&discs[disc - discs]);
}

static struct pio_drive pio_drive(void)
{
    return (struct pio_drive){ide_ports(disc->number), ide_device(disc), disc->is_cd};
}

static bool read_isa_ide(uint32_t lba, uint32_t count, uint8_t *buffer)
{
    const struct pio_drive drive = pio_drive();
    for (; count > PIO_MOST_SECTORS; count -= PIO_MOST_SECTORS) {
        if (!pio_ide_read(&drive, lba, PIO_MOST_SECTORS, buffer)) {
            return false;
        }
        lba += PIO_MOST_SECTORS;
        buffer += PIO_MOST_SECTORS * SECTOR_SIZE;
    }
    return pio_ide_read(&drive, lba, count, buffer);
}

/* Its driver closes a virtio disc that has failed. */
static bool keep_virtio_if(bool is_fine)
{
    is_started = is_fine;
    return is_fine;
}

static bool read_sectors(uint32_t lba, uint32_t count, void *buffer)
{
    if (!reopen_disc(false)) {
        return false;
    }
    switch (disc->kind) {
    case IDE:
        return piix_ide_start(lba, count * SECTOR_SIZE, buffer) && piix_ide_wait();
    case ISA_IDE:
        return read_isa_ide(lba, count, buffer);
    case SATA:
        return ahci_read(lba, count, buffer);
    default:
        return keep_virtio_if(virtio_blk_start(lba, count * SECTOR_SIZE, buffer) &&
                              virtio_blk_wait());
    }
}

/* Tries again after failures. After a reset or a change of the medium a drive refuses commands
   (SPC-3, 5.9: unit attention); some do so until they are asked for the reason. AHCI's driver
   resets such a drive. A disc that does not answer is not asked for long. */
static bool read_again(uint32_t lba, uint32_t count, void *buffer)
{
    for (unsigned tries = 0; tries < TRIES && !patience_is_lost(); tries++) {
        if (reopen_disc(tries != 0) && read_sectors(lba, count, buffer)) {
            patience_succeeded();
            return true;
        }
        if (is_ide(disc) && disc->is_cd) {
            const struct pio_drive drive = pio_drive();
            pio_ide_request_sense(&drive);
        }
    }
    return false;
}

// ---- Choosing one

/* A text for people, and one for boot_order_of(). */
static void name_disc(const struct disc *which, char name[DISC_NAME_BYTES],
                      char device[DEVICE_BYTES])
{
    unsigned number = which->number;
    uint16_t function = which->function;
    unsigned bus = function >> 8, slot = function >> 3 & 0x1f;
    pci_path(function, device, DEVICE_BYTES);
    size_t length = strlen(device);
    size_t left = DEVICE_BYTES - length;
    switch (which->kind) {
    case IDE:
    case ISA_IDE:
        format_text(name, DISC_NAME_BYTES, "IDE %s %s", number < 2 ? "primary" : "secondary",
                    number % 2 == 0 ? "master" : "slave");
        if (which->kind == ISA_IDE) {
            format_text(device, DEVICE_BYTES, "@%04x@0@%u", ide_ports(number), number % 2);
            break;
        }
        format_text(device + length, left, "@%u@%u", number / 2, number % 2);
        break;
    case SATA:
        format_text(name, DISC_NAME_BYTES, "SATA %02x:%02x.%u port %u", bus, slot, function & 7,
                    number);
        format_text(device + length, left, "@%u@0", number);
        break;
    case VIRTIO:
        format_text(name, DISC_NAME_BYTES, "virtio-blk %02x:%02x.%u", bus, slot, function & 7);
        break;
    default:
        format_text(name, DISC_NAME_BYTES, "virtio-blk slot %u", number);
        format_text(device, DEVICE_BYTES, "@%016x", VIRTIO_MMIO + number * VIRTIO_MMIO_BYTES);
    }
}

/* Finds out whether a disc is a CD, which a SATA drive tells only when its port runs. */
static void find_out_kind(struct disc *which)
{
    if (which->kind == SATA) {
        open_disc(which);
        close_disc();
    }
}

/* Sorts the discs: those of the user's list first, in its order, then disks, then CDs. */
static void sort_discs(void)
{
    static uint8_t order[ORDER_BYTES];
    struct fw_cfg_file file;
    char name[DISC_NAME_BYTES], device[DEVICE_BYTES];
    if (disc_count < 2 || bare_machine.platform != BARE_QEMU || !fw_cfg_find("bootorder", &file)) {
        return;
    }
    uint32_t size = file.size < ORDER_BYTES ? file.size : ORDER_BYTES;
    fw_cfg_read(file.key, 0, order, size);
    for (size_t i = 0; i < disc_count; i++) {
        name_disc(&discs[i], name, device);
        discs[i].order = boot_order_of((struct bytes){order, size}, device);
        find_out_kind(&discs[i]);
    }
    for (size_t i = 1; i < disc_count; i++) {
        struct disc moved = discs[i];
        size_t at = i;
        for (; at > 0 &&
               (discs[at - 1].order > moved.order ||
                (discs[at - 1].order == moved.order && discs[at - 1].is_cd && !moved.is_cd));
             at--) {
            discs[at] = discs[at - 1];
        }
        discs[at] = moved;
    }
}

/* A sector of the open disc; NULL: it cannot be read. */
static const uint8_t *sector_at(uint32_t lba)
{
    static uint8_t sector[SECTOR_SIZE] __attribute__((aligned(2)));
    if (lba - FRONT_LBA < front.count) {
        return front.sectors + (lba - FRONT_LBA) * SECTOR_SIZE;
    }
    return read_again(lba, 1, sector) ? sector : NULL;
}

/* Whether the open disc is an ISO of whelk-mkrescue: it has a prepared block, or the boot catalog's
   first entry (El Torito 1.0, 2.0) is our boot image. */
static bool is_whelk_iso(void)
{
    enum { RECORD_ID = 7, CATALOG_LBA = 0x47, FIRST_ENTRY = 32, ENTRY_LBA = 8, BOOT_BYTES = 512 };
    static const char mark[] = "Whelk: boot error"; /* boot/bios/boot.asm */
    const uint8_t *sector = sector_at(DESCRIPTOR_LBA);
    if (sector == NULL || memcmp(sector + 1, "CD001", 5) != 0) {
        return false;
    }
    uint64_t magic = PREPARED_MAGIC;
    sector = sector_at(FRONT_LBA);
    if (sector != NULL && memcmp(sector, &magic, sizeof magic) == 0) {
        return true;
    }
    sector = sector_at(DESCRIPTOR_LBA + 1);
    if (sector == NULL || memcmp(sector + RECORD_ID, "EL TORITO", 9) != 0 ||
        (sector = sector_at(load32(sector + CATALOG_LBA))) == NULL ||
        (sector = sector_at(load32(sector + FIRST_ENTRY + ENTRY_LBA))) == NULL) {
        return false;
    }
    for (size_t at = 0; at + sizeof mark - 1 <= BOOT_BYTES; at++) {
        if (memcmp(sector + at, mark, sizeof mark - 1) == 0) {
            return true;
        }
    }
    return false;
}

/* Opens a disc, and reads what each boot needs: the prepared block, the volume descriptors, and
   what follows these. False: it is no Whelk ISO. */
static bool try_disc(struct disc *which)
{
    front = (struct preloaded){.sectors = bounce_buffer};
    patience_succeeded(); /* it is not the disc before that may be lost */
    if (!open_disc(which)) {
        return false;
    }
    front.count = read_again(FRONT_LBA, FRONT_SECTORS, bounce_buffer) ? FRONT_SECTORS
                  : read_again(FRONT_LBA, FRONT_LEAST, bounce_buffer) ? FRONT_LEAST
                                                                      : 0;
    return is_whelk_iso();
}

bool disc_find(struct error *error)
{
    static const struct disc ram = {.kind = RAM, .is_cd = true};
    if (bare_machine.failure != NULL) {
        return fail(error, "%s", bare_machine.failure);
    }
    if (ram_disc_open(&front)) {
        disc = &ram;
        return true;
    }
    find_discs();
    sort_discs();
    for (size_t i = 0; i < disc_count; i++) {
        if (try_disc(&discs[i])) {
            front.disc_end_lba = load32(bounce_buffer + SECTOR_SIZE + VOLUME_SPACE_SIZE);
            return true;
        }
        close_disc();
    }
    disc = NULL;
    if (disc_count == 0) {
        return fail(error, "there is no disc; attach an ISO of whelk-mkrescue as an IDE, SATA or "
                           "virtio-blk disc");
    }
    char name[DISC_NAME_BYTES], device[DEVICE_BYTES], list[ERROR_SIZE / 2] = "";
    for (size_t i = 0; i < disc_count; i++) {
        size_t length = strlen(list);
        name_disc(&discs[i], name, device);
        format_text(list + length, sizeof list - length, "%s%s", i != 0 ? ", " : "", name);
    }
    return fail(error, "no disc is an ISO of whelk-mkrescue, looked at: %s; attach one", list);
}

// ---- stage2/disc/native_disc.h

bool native_disc_attach_proven(struct preloaded *preloaded)
{
    *preloaded = front;
    return disc != NULL;
}

bool native_disc_open(uint32_t lba, const uint8_t *sector, bool is_atapi,
                      struct preloaded *preloaded)
{
    (void)lba, (void)sector, (void)is_atapi, (void)preloaded;
    return false;
}

bool native_disc_is_open(void)
{
    return true;
}

/* Whether the driver's DMA cannot reach the buffer: those of IDE and SATA need even addresses. */
static bool is_odd(const void *buffer)
{
    return ((uintptr_t)buffer & 1) != 0 && (disc->kind == IDE || disc->kind == SATA);
}

bool native_disc_start(uint32_t lba, uint32_t length, void *buffer)
{
    if (disc->kind == RAM) {
        ram_disc_read(lba, length, buffer);
        return true;
    }
    if (disc->kind == IDE) {
        return !is_odd(buffer) && piix_ide_start(lba, length, buffer);
    }
    return is_started && disc->kind >= VIRTIO &&
           keep_virtio_if(virtio_blk_start(lba, length, buffer));
}

bool native_disc_wait(uint32_t lba)
{
    (void)lba;
    if (disc->kind >= VIRTIO) {
        return keep_virtio_if(virtio_blk_wait());
    }
    return disc->kind == RAM || piix_ide_wait();
}

bool native_disc_read(uint32_t lba, uint32_t count, void *buffer)
{
    if (disc->kind == RAM) {
        ram_disc_read(lba, count * SECTOR_SIZE, buffer);
        return true;
    }
    return !is_odd(buffer) && !patience_is_lost() && read_sectors(lba, count, buffer);
}

void native_disc_close(void)
{
    close_disc();
}

const char *native_disc_name(void)
{
    static const char *const names[] = {
        [IDE] = "piix-ide", [ISA_IDE] = "pio-ide",   [SATA] = "ahci",
        [RAM] = "memory",   [VIRTIO] = "virtio-blk", [VIRTIO_SLOT] = "virtio-blk"};
    return names[disc->kind];
}

// ---- stage2/firmware.h: reading after the driver has failed

/* Reads by way of the bounce buffer if the address is odd. What was read along with the descriptors
   is not used any more by then (disc_preloaded_is_intact()). */
static bool read_part(uint32_t lba, uint32_t count, uint8_t *buffer)
{
    if (!is_odd(buffer)) {
        return read_again(lba, count, buffer);
    }
    if (!read_again(lba, count, bounce_buffer)) {
        return false;
    }
    memcpy(buffer, bounce_buffer, count * SECTOR_SIZE);
    return true;
}

bool firmware_disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *error)
{
    uint8_t *at = buffer;
    uint32_t most = is_odd(buffer) ? FRONT_SECTORS : count;
    while (count > 0) {
        uint32_t part = count < most ? count : most;
        if (read_part(lba, part, at)) {
            lba += part;
            at += (size_t)part * SECTOR_SIZE;
            count -= part;
        } else if (part > 1 && !patience_is_lost()) { /* finds the sector that cannot be read */
            most = part > SPLIT ? part / SPLIT : 1;
        } else {
            char name[DISC_NAME_BYTES], device[DEVICE_BYTES];
            name_disc(disc, name, device);
            return fail(error, "sector %u of %s cannot be read%s", lba, name,
                        patience_is_lost() ? "; the disc does not answer any more" : "");
        }
    }
    return true;
}

uint32_t firmware_disc_sector_bytes(void)
{
    return disc->is_cd ? SECTOR_SIZE : DISK_SECTOR_SIZE;
}

uint32_t firmware_volume_descriptor_lba(void)
{
    return DESCRIPTOR_LBA;
}

uint32_t firmware_boot_device(void)
{
    return (uint32_t)(disc->is_cd ? DRIVE_CD : DRIVE_DISK) << 24 | 0xffffff; /* no partitions */
}
