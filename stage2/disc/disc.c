// SPDX-License-Identifier: BSD-2-Clause
// See disc.h.
#include "stage2/disc/disc.h"

#include <string.h>
#include "stage2/firmware.h"
#include "stage2/disc/native_disc.h"

enum {
    FRONT = 2,
    WINDOWS,
    WINDOW_SECTORS = 128, /* a small tree's directories, config and kernel are found in one … */
    WINDOW_SECTORS_BY_FIRMWARE = 16, /* … which is not worth the time of slow reading */
    WINDOWS_BYTES = 2 * WINDOW_SECTORS * ISO9660_SECTOR_SIZE,
    VOLUME_DESCRIPTORS_LBA = 16,
    VOLUME_SPACE_SIZE = 80, /* offset in the primary one: ECMA-119, 8.4.8 */
    STAGING_ALIGNMENT = 4096,
};

static struct iso9660_volume volume;
static const struct memory_map *ram;

/* Two, so that directories and the files that they name do not push each other out; the third one
   has what came with the loader. */
static struct window {
    uint32_t lba;
    uint32_t count; /* 0: empty */
    uint8_t *sectors;
} windows[WINDOWS], *window = &windows[0]; /* the one used last */
static uint32_t most_sectors = WINDOW_SECTORS;

static struct {
    uint32_t bottom;
    uint32_t top;
    uint32_t lowest; /* given out so far */
} staging;

/* What is read without waiting for it; length 0: nothing. */
static struct {
    uint32_t lba;
    uint32_t length;
    uint8_t *buffer;
} under_way;

/* The largest piece of RAM below 4 GiB, and the windows there. */
bool disc_allocate_buffers(struct error *error)
{
    if (staging.top != 0) {
        return true;
    }
    struct memory_range room = firmware_staging(ram);
    staging.bottom = (uint32_t)room.address;
    staging.lowest = (uint32_t)(room.address + room.length);
    uint8_t *sectors = disc_staging_allocate(WINDOWS_BYTES);
    if (sectors == NULL) {
        return fail(error, "too little memory above 1 MiB to read the disc");
    }
    staging.top = staging.lowest; /* the windows' memory is in nobody's way: disc_cache_evict() */
    most_sectors = WINDOW_SECTORS;
    windows[0] = (struct window){.sectors = sectors + WINDOWS_BYTES / 2};
    windows[1] = (struct window){.sectors = sectors};
    return true;
}

void disc_cache_evict(uint32_t address, uint64_t length)
{
    static uint8_t sector[ISO9660_SECTOR_SIZE];
    uint32_t windows_end = staging.top + WINDOWS_BYTES;
    if (staging.top == 0 || (address < windows_end && address + length > staging.top)) {
        most_sectors = 1;
        windows[1] = windows[0] = (struct window){.sectors = sector};
    }
}

uint8_t *disc_staging_allocate(size_t length)
{
    if (length > disc_staging_free()) {
        return NULL;
    }
    staging.lowest = (staging.lowest - (uint32_t)length) & ~(uint32_t)(STAGING_ALIGNMENT - 1);
    return (uint8_t *)(uintptr_t)staging.lowest;
}

size_t disc_staging_mark(void)
{
    return staging.lowest;
}

void disc_staging_reset(size_t mark)
{
    staging.lowest = (uint32_t)mark;
}

size_t disc_staging_free(void)
{
    uint32_t room = staging.lowest - staging.bottom;
    return room > STAGING_ALIGNMENT ? room - STAGING_ALIGNMENT : 0;
}

struct memory_range disc_staging_in_use(void)
{
    return (struct memory_range){staging.lowest, staging.top - staging.lowest, 0};
}

const struct iso9660_volume *disc_volume(void)
{
    return &volume;
}

bool disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *error)
{
    if (!disc_wait(error)) {
        return false;
    }
    if (native_disc_read(lba, count, buffer)) {
        return true;
    }
    windows[FRONT].count = 0; /* the firmware may read to there */
    return firmware_disc_read(lba, count, buffer, error);
}

/* The last sector, if not all of it is wanted, by a detour. */
static bool read_bytes(uint32_t lba, uint32_t length, uint8_t *buffer, struct error *error)
{
    uint32_t count = length / ISO9660_SECTOR_SIZE, rest = length % ISO9660_SECTOR_SIZE;
    if (count > 0 && !disc_read(lba, count, buffer, error)) {
        return false;
    }
    if (rest > 0) {
        const uint8_t *last = disc_sector(lba + count, error);
        if (last == NULL) {
            return false;
        }
        memcpy(buffer + length - rest, last, rest);
    }
    return true;
}

bool disc_start_read(uint32_t lba, uint32_t length, void *buffer, struct error *error)
{
    if (!disc_wait(error)) {
        return false;
    }
    if (!native_disc_start(lba, length, buffer)) {
        return read_bytes(lba, length, buffer, error);
    }
    under_way.lba = lba;
    under_way.length = length;
    under_way.buffer = buffer;
    return true;
}

bool disc_wait(struct error *error)
{
    uint32_t length = under_way.length;
    under_way.length = 0;
    return length == 0 || native_disc_wait(under_way.lba) ||
           read_bytes(under_way.lba, length, under_way.buffer, error);
}

void disc_close(void)
{
    native_disc_close();
}

bool disc_cache_has(uint32_t lba)
{
    for (unsigned i = 0; i < WINDOWS; i++) {
        if (lba - windows[i].lba < windows[i].count) {
            window = &windows[i];
            return true;
        }
    }
    return false;
}

const uint8_t *disc_sector(uint32_t lba, struct error *error)
{
    if (!disc_cache_has(lba)) {
        if (windows[0].sectors == NULL && !disc_allocate_buffers(error)) {
            return NULL;
        }
        uint32_t count = 1; /* where the volume ends is not known yet, or behind that end */
        if (lba < volume.end_lba) {
            uint32_t most = native_disc_is_open() ? WINDOW_SECTORS : WINDOW_SECTORS_BY_FIRMWARE;
            most = most < most_sectors ? most : most_sectors;
            count = volume.end_lba - lba < most ? volume.end_lba - lba : most;
        }
        if (most_sectors > 1) {
            window = window == &windows[0] ? &windows[1] : &windows[0];
        }
        window->lba = lba;
        window->count = 0;
        if (!disc_read(lba, count, window->sectors, error)) {
            count = 1; /* the rest of it may be what cannot be read */
            if (!disc_read(lba, count, window->sectors, error)) {
                return NULL;
            }
        }
        window->count = count;
    }
    return window->sectors + (lba - window->lba) * ISO9660_SECTOR_SIZE;
}

static bool walk(struct iso9660_walk *walk, struct error *error)
{
    const uint8_t *sector = NULL;
    enum iso9660_step step;
    while ((step = iso9660_step(walk, sector, error)) == ISO9660_READ) {
        sector = disc_sector(walk->wanted_lba, error);
        if (sector == NULL) {
            return false;
        }
    }
    return step == ISO9660_DONE;
}

bool disc_start(const struct memory_map *map, struct error *error)
{
    ram = map;
    if (native_disc_attach_proven()) {
        volume.end_lba = firmware_disc_end_lba();
        windows[FRONT].lba = firmware_volume_descriptor_lba() - 1;
        windows[FRONT].count = firmware_preloaded_sectors(&windows[FRONT].sectors);
        return true;
    }
    const uint8_t *descriptor = disc_sector(firmware_volume_descriptor_lba(), error);
    if (descriptor == NULL) {
        return false;
    }
    native_disc_open(window->lba, descriptor, firmware_disc_sector_bytes() == ISO9660_SECTOR_SIZE);
    volume.end_lba = load32(descriptor + VOLUME_SPACE_SIZE); /* not checked yet: for the window */
    return true;
}

bool disc_mount(struct error *error)
{
    struct iso9660_walk mount;
    iso9660_start_mount(&mount, firmware_volume_descriptor_lba() - VOLUME_DESCRIPTORS_LBA, 0);
    if (!walk(&mount, error)) {
        return false;
    }
    volume = mount.volume;
    return true;
}

bool disc_open(const char *path, struct iso9660_file *file, struct arena *arena,
               struct error *error)
{
    struct iso9660_walk open;
    iso9660_start_open(&open, &volume, path, arena);
    if (!walk(&open, error)) {
        return false;
    }
    *file = open.file;
    return true;
}
