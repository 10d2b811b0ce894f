// SPDX-License-Identifier: BSD-2-Clause
// See disc.h.
#include "stage2/disc/disc.h"

#include "loader/bytes.h"
#include "stage2/disc/cache.h"
#include "stage2/disc/native_disc.h"
#include "stage2/disc/staging.h"
#include "stage2/firmware.h"

enum {
    VOLUME_DESCRIPTORS_LBA = 16,
    VOLUME_SPACE_SIZE = 80, /* offset in the primary descriptor: ECMA-119, 8.4.8 */
};

static struct iso9660_volume volume;
static const struct memory_map *ram;
static const char *root_volume;

bool disc_allocate_buffers(struct error *error)
{
    if (staging_is_started()) {
        return true;
    }
    staging_start(firmware_staging(ram));
    if (!disc_cache_allocate(error)) {
        staging_start((struct memory_range){0}); /* not started: the next call fails as well */
        return false;
    }
    return true;
}

const struct iso9660_volume *disc_volume(void)
{
    return &volume;
}

/* Allocates the buffers at the first sector that did not come along with the loader. */
const uint8_t *disc_sector(uint32_t lba, struct error *error)
{
    if (!disc_cache_has(lba) && !disc_allocate_buffers(error)) {
        return NULL;
    }
    return disc_cache_sector(lba, error);
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

/* Reads the first volume descriptor by the firmware, and looks for the drive that has it. */
static bool find_drive(uint32_t descriptor_lba, struct preloaded *preloaded, struct error *error)
{
    const uint8_t *descriptor = disc_sector(descriptor_lba, error);
    if (descriptor == NULL) {
        return false;
    }
    preloaded->disc_end_lba = load32(descriptor + VOLUME_SPACE_SIZE); /* not checked yet */
    native_disc_open(descriptor_lba, descriptor,
                     firmware_disc_sector_bytes() == ISO9660_SECTOR_SIZE, preloaded);
    return true;
}

const char *disc_root_volume(void)
{
    return root_volume;
}

bool disc_start(const struct memory_map *map, const struct arena *arena, struct error *error)
{
    struct preloaded preloaded = {0};
    uint32_t descriptor_lba = firmware_volume_descriptor_lba();
    ram = map;
    root_volume = firmware_root_volume(arena);
    if (root_volume != NULL) {
        return true;
    }
    if (!native_disc_attach_proven(&preloaded) && !find_drive(descriptor_lba, &preloaded, error)) {
        return false;
    }
    disc_cache_set_end(preloaded.disc_end_lba);
    if (preloaded.count > 0) {
        disc_cache_add(descriptor_lba - 1, preloaded.count, preloaded.sectors);
    }
    return true;
}

bool disc_mount(struct error *error)
{
    struct iso9660_walk mount;
    if (root_volume != NULL) {
        return true;
    }
    iso9660_start_mount(&mount, firmware_volume_descriptor_lba() - VOLUME_DESCRIPTORS_LBA, 0);
    if (!walk(&mount, error)) {
        return false;
    }
    volume = mount.volume;
    disc_cache_set_end(volume.end_lba);
    return true;
}

bool disc_open(const char *path, struct iso9660_file *file, struct arena *arena,
               struct error *error)
{
    struct iso9660_walk open;
    iso9660_start_open(&open, &volume, path, arena);
    bool done = walk(&open, error);
    *file = open.file;
    return done;
}
