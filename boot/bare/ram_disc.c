// SPDX-License-Identifier: BSD-2-Clause
// See ram_disc.h.
#include "boot/bare/ram_disc.h"

#include <string.h>
#include "boot/bare/bare.h"
#include "boot/bare/pvh/payload.h"
#include "loader/arena.h"
#include "stage2/firmware.h"
#include "stage2/fs/iso9660.h"

enum {
    SECTOR = ISO9660_SECTOR_SIZE,
    FRONT_LBA = 15,                    /* struct preloaded: before the volume descriptors */
    MOST_NAME_BYTES = 6 * 1024 * 1024, /* of the largest volume; each directory takes a sector */
};

static enum { NO_DISC, ISO, VOLUME } kind;
static struct volume volume; /* of a module that is no ISO */
static struct arena names;   /* of the volume: at the top of the RAM */

size_t firmware_disc_memory(struct memory_range ranges[FIRMWARE_DISC_RANGES])
{
    const struct bytes *disc = &bare_machine.ram_disc;
    ranges[0] = (struct memory_range){(uintptr_t)disc->data, disc->size, 0};
    ranges[1] = (struct memory_range){(uintptr_t)names.base, names.size, 0};
    return disc->size == 0 ? 0 : names.size == 0 ? 1 : 2;
}

/* Takes memory at the end of the largest free piece, which stage 2 uses from its end, too. */
static struct arena allocate_names(void)
{
    struct memory_range free = firmware_staging(&bare_machine.map);
    size_t size = free.length / 4 < MOST_NAME_BYTES ? (size_t)free.length / 4 : MOST_NAME_BYTES;
    uint32_t end = (uint32_t)(free.address + free.length);
    return (struct arena){.base = (uint8_t *)(uintptr_t)((end - size) & ~(SECTOR - 1u)),
                          .size = size};
}

bool ram_disc_start(struct error *error)
{
    struct bytes module = bare_machine.ram_disc;
    if (module.size == 0) {
        return true;
    }
    kind = payload_is_iso(module) ? ISO : VOLUME;
    if (kind == ISO) {
        return true;
    }
    names = allocate_names();
    return payload_make_volume(module, &volume, &names, error);
}

bool ram_disc_open(struct preloaded *preloaded)
{
    const struct bytes *disc = &bare_machine.ram_disc;
    uint32_t sectors = (uint32_t)(disc->size / SECTOR);
    if (kind == ISO) {
        *preloaded = (struct preloaded){(uint8_t *)(uintptr_t)disc->data + FRONT_LBA * SECTOR,
                                        sectors - FRONT_LBA, sectors};
    } else if (kind == VOLUME) {
        *preloaded = (struct preloaded){.disc_end_lba = volume.end_lba};
    }
    return kind != NO_DISC;
}

bool ram_disc_is_open(void)
{
    return kind != NO_DISC;
}

struct bytes firmware_disc_bytes(uint32_t lba)
{
    const struct bytes *disc = &bare_machine.ram_disc;
    uint64_t offset = (uint64_t)lba * SECTOR;
    if (kind == VOLUME) {
        return volume_sector(&volume, lba);
    }
    return kind == ISO && offset < disc->size
               ? (struct bytes){disc->data + offset, disc->size - (size_t)offset}
               : (struct bytes){0};
}

void ram_disc_read(uint32_t lba, uint32_t length, uint8_t *buffer)
{
    while (length > 0) {
        struct bytes bytes = firmware_disc_bytes(lba);
        uint32_t sectors = bytes.size > SECTOR ? (uint32_t)((bytes.size + SECTOR - 1) / SECTOR) : 1;
        uint32_t part = sectors < (length + SECTOR - 1) / SECTOR ? sectors * SECTOR : length;
        uint32_t copied = bytes.size < part ? (uint32_t)bytes.size : part;
        memmove(buffer, bytes.data, copied); /* stage2/boot/over_disc.h: the two may overlap */
        memset(buffer + copied, 0, part - copied);
        buffer += part;
        length -= part;
        lba += sectors;
    }
}
