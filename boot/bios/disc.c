// SPDX-License-Identifier: BSD-2-Clause
// Reads the boot disc by INT 13h extensions (EDD 3.0), through a buffer that the BIOS can reach, in
// the largest transfers that it takes.
#include <string.h>
#include "boot/bios/bios.h"
#include "stage2/disc/native_disc.h"
#include "stage2/disc/patience.h"
#include "stage2/disc/pc/pc.h"
#include "stage2/disc/poison.h"
#include "stage2/firmware.h"
#include "stage2/timing/timeline.h"

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
    MAX_SECTORS = 127, /* some firmware takes no more (EDD 1.1) */
    BUFFER_BYTES = 0x10000,
    EDD_SECTOR_SIZE = 0x0518, /* boot.asm */
    TRIES = 5,

    INT_USER_TICK = 0x1c,
    QUIET_TICKS = 55, /* three seconds */
};

/* Without the flat address that EDD 3.0 may have after it:
   findings/seabios-1.16-misreads-flat-packets.sh */
struct disk_address_packet {
    uint8_t size;
    uint8_t reserved;
    uint16_t count;
    uint16_t buffer_offset;
    uint16_t buffer_segment;
    uint64_t lba;
} __attribute__((packed));
_Static_assert(sizeof(struct disk_address_packet) == 16, "EDD 3.0, table 1");

extern uint8_t bounce_buffer[];       /* linker/bios.ld: BUFFER_BYTES, aligned to its size */
extern uint32_t boot_info_volume_lba; /* boot.asm */
extern uint32_t boot_info_file_lba;
extern const uint32_t disc_id; /* its first bytes */
extern const uint32_t disc_blocks;
extern const struct piix_drive image_drive; /* boot.asm; image_dma.asm fills it in */
extern volatile uint16_t ticks_left;        /* mode_switch.asm */
extern volatile uint32_t slow_text, next_tick;
extern const uint8_t slow_tick[];

static uint8_t drive;
static uint32_t sectors_per_block; /* the drive's sectors in 2048 bytes */
static uint32_t most_sectors;      /* of the drive's, in one transfer */
static uint32_t max_sectors;       /* in the next transfer: fewer after a failure */
static uint8_t status;             /* of the last transfer, by INT 13h */

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

bool disc_parameters(uint8_t number, struct drive_parameters *parameters)
{
    *parameters = (struct drive_parameters){.size = sizeof *parameters};
    struct bios_registers registers = {
        .eax = DISK_PARAMETERS,
        .edx = number,
        .ds = bios_segment(parameters),
        .esi = bios_offset(parameters),
    };
    bios_call(INT_DISK, &registers);
    return !bios_failed(&registers);
}

/* The drive's bytes per sector; 0: the firmware does not know. */
static uint32_t sector_size(void)
{
    struct drive_parameters parameters;
    return disc_parameters(drive, &parameters) ? parameters.bytes_per_sector : 0;
}

static void set_sector_size(uint32_t bytes)
{
    sectors_per_block = SECTOR_SIZE / bytes;
    most_sectors = BUFFER_BYTES / bytes;
    if (most_sectors > MAX_SECTORS) {
        most_sectors = MAX_SECTORS & ~(sectors_per_block - 1);
    }
    max_sectors = most_sectors;
}

/* Whether sectors of this size lead to a volume descriptor (ECMA-119, 8.1). */
static bool finds_volume(void)
{
    uint8_t descriptor[SECTOR_SIZE];
    struct error ignored;
    return firmware_disc_read(boot_info_volume_lba, 1, descriptor, &ignored) &&
           memcmp(descriptor + 1, "CD001", 5) == 0;
}

const struct piix_drive *pc_boot_drive(void)
{
    return image_drive.ports == 0 ? NULL : &image_drive;
}

struct preloaded pc_preloaded(void)
{
    return (struct preloaded){bounce_buffer, image_drive.preloaded_sectors, disc_blocks};
}

bool disc_image_sector(uint8_t *sector, uint32_t *lba, bool *is_cd)
{
    uint32_t bytes = *(const volatile uint16_t *)bios_data(EDD_SECTOR_SIZE);
    memcpy(sector, bounce_buffer + BUFFER_BYTES - SECTOR_SIZE, SECTOR_SIZE);
    *lba = boot_info_file_lba;
    *is_cd = bytes == SECTOR_SIZE;
    return disc_id != 0 && (bytes == SECTOR_SIZE || bytes == HARD_DISK_SECTOR_SIZE);
}

/* Finds out the drive's sector size, at the first call. */
static bool open_drive(struct error *error)
{
    if (sectors_per_block != 0) {
        return true;
    }
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
    if (bytes != 0 && bytes != SECTOR_SIZE && bytes != HARD_DISK_SECTOR_SIZE) {
        return fail(error, "drive 0x%02x has sectors of %u bytes, not 512 or 2048", drive, bytes);
    }
    set_sector_size(bytes != 0 ? bytes : SECTOR_SIZE);
    if (bytes == 0) {
        if (!finds_volume()) {
            set_sector_size(HARD_DISK_SECTOR_SIZE);
        }
        most_sectors = BUFFER_BYTES / SECTOR_SIZE; /* fits the buffer even if the guess is wrong */
        max_sectors = most_sectors;
    }
    return true;
}

uint32_t firmware_disc_sector_bytes(void)
{
    return SECTOR_SIZE / sectors_per_block;
}

/* Calls INT 13h, which may last long, or never return. The timer's tick then tells the user. */
static void disk_call(struct bios_registers *registers)
{
    static const char texts[] = "\r\nwhelk: waiting for the drive\r\n\1"
                                "whelk: the drive has not answered INT 13h for 12 seconds; "
                                "if nothing follows, check it and reset\r\n";
    volatile uint32_t *vector = (volatile uint32_t *)(uintptr_t)bios_data(INT_USER_TICK * 4);
    next_tick = *vector;
    ticks_left = QUIET_TICKS;
    slow_text = (uint32_t)bios_segment(texts) << 16 | bios_offset(texts);
    *vector = (uint32_t)(uintptr_t)slow_tick; /* in segment 0 */
    bios_call(INT_DISK, registers);
    *vector = next_tick;
}

static bool transfer(uint64_t lba, uint32_t sector_count)
{
    static uint32_t poison;
    uint32_t sector_bytes = firmware_disc_sector_bytes();
    poison_sectors(bounce_buffer, sector_count, sector_bytes, next_poison(&poison));
    struct disk_address_packet packet = {
        .size = sizeof packet,
        .count = (uint16_t)sector_count,
        .buffer_segment = bios_segment(bounce_buffer),
        .lba = lba,
    };
    struct bios_registers registers = {
        .eax = DISK_EXTENDED_READ,
        .edx = drive,
        .ds = bios_segment(&packet),
        .esi = bios_offset(&packet),
    };
    disk_call(&registers);
    status = (uint8_t)(registers.eax >> 8);
    /* The BIOS sets the packet's count to what it transferred: fewer sectors are a failure. */
    return !bios_failed(&registers) && packet.count == sector_count &&
           have_come(bounce_buffer, sector_count, sector_bytes, poison);
}

static void reset(void)
{
    struct bios_registers registers = {.eax = DISK_RESET, .edx = drive};
    disk_call(&registers);
}

/* Goes back to longer transfers some time after a failure. Each time waits twice as long, as long
   transfers may be what fails. */
static void grow(void)
{
    static uint32_t transfers, enough = 4;
    if (max_sectors < most_sectors && ++transfers == enough) {
        max_sectors = max_sectors * 2 < most_sectors ? max_sectors * 2 : most_sectors;
        transfers = 0;
        enough *= 2;
    }
}

static bool fail_at(uint64_t sector, struct error *error)
{
    return fail(error, "sector %llu of drive 0x%02x cannot be read (INT 13h status 0x%02x)%s",
                (unsigned long long)sector, drive, status,
                patience_is_lost() ? "; the drive does not answer any more" : "");
}

bool firmware_disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *error)
{
    if (!open_drive(error)) {
        return false;
    }
    uint32_t sector_bytes = SECTOR_SIZE / sectors_per_block;
    uint64_t sector = (uint64_t)lba * sectors_per_block;
    uint64_t left = (uint64_t)count * sectors_per_block;
    uint8_t *destination = buffer;
    unsigned tries = TRIES;
    while (left > 0) {
        uint32_t part = left < max_sectors ? (uint32_t)left : max_sectors;
        uint64_t start = firmware_milliseconds();
        patience_show();
        if (patience_is_lost()) {
            return fail_at(sector, error);
        }
        if (transfer(sector, part)) {
            patience_succeeded();
            timeline_transfer(part * sector_bytes);
            memcpy(destination, bounce_buffer, part * sector_bytes);
            destination += part * sector_bytes;
            sector += part;
            left -= part;
            tries = TRIES;
            grow();
            continue;
        }
        reset();
        patience_failed((uint32_t)(firmware_milliseconds() - start));
        if (--tries == 0) {
            return fail_at(sector, error);
        }
        if (part > 1 && tries < TRIES - 1) { /* failed twice: tries fewer sectors */
            max_sectors = part / 2;
            tries = TRIES;
        }
    }
    return true;
}
