// SPDX-License-Identifier: BSD-2-Clause
// See cache.h.
#include "stage2/disc/cache.h"

#include "stage2/disc/native_disc.h"
#include "stage2/disc/read.h"
#include "stage2/disc/staging.h"
#include "stage2/fs/iso9660.h"

/* Two windows, so that directories and the files that they name do not evict each other. */
enum {
    PRELOADED = 2,
    WINDOWS,
    WINDOW_SECTORS = 128,            /* enough for most small trees' directories, config, kernel */
    WINDOW_SECTORS_BY_FIRMWARE = 16, /* it reads too slowly for more */
    WINDOWS_BYTES = 2 * WINDOW_SECTORS * ISO9660_SECTOR_SIZE,
};

static struct window {
    uint32_t lba;
    uint32_t count; /* 0: empty */
    uint8_t *sectors;
} windows[WINDOWS], *window = &windows[0]; /* the one used last */
static uint32_t most_sectors = WINDOW_SECTORS;
static uint32_t disc_end_lba;
static uint32_t windows_address; /* 0: they have no memory yet */

void disc_cache_set_end(uint32_t end_lba)
{
    disc_end_lba = end_lba;
}

void disc_cache_add(uint32_t lba, uint32_t count, uint8_t *sectors)
{
    windows[PRELOADED] = (struct window){lba, count, sectors};
    disc_note_preloaded();
}

bool disc_cache_allocate(struct error *error)
{
    uint8_t *sectors = staging_allocate(WINDOWS_BYTES);
    if (sectors == NULL) {
        return fail(error, "too little memory above 1 MiB to read the disc");
    }
    staging_give_up(); /* pieces loaded there evict the windows */
    windows_address = (uint32_t)(uintptr_t)sectors;
    most_sectors = WINDOW_SECTORS;
    windows[0] = (struct window){.sectors = sectors + WINDOWS_BYTES / 2};
    windows[1] = (struct window){.sectors = sectors};
    return true;
}

bool disc_cache_is_allocated(void)
{
    return windows[0].sectors != NULL;
}

void disc_cache_evict(uint32_t address, uint64_t length)
{
    static uint8_t sector[ISO9660_SECTOR_SIZE];
    if (windows_address == 0 ||
        (address < windows_address + WINDOWS_BYTES && address + length > windows_address)) {
        most_sectors = 1;
        windows[1] = windows[0] = (struct window){.sectors = sector};
    }
}

bool disc_cache_has(uint32_t lba)
{
    for (unsigned i = 0; i < WINDOWS; i++) {
        if (lba - windows[i].lba < windows[i].count &&
            (i != PRELOADED || disc_preloaded_is_intact())) {
            window = &windows[i];
            return true;
        }
    }
    return false;
}

static uint32_t sectors_to_read(uint32_t lba)
{
    uint32_t most = native_disc_is_open() ? WINDOW_SECTORS : WINDOW_SECTORS_BY_FIRMWARE;
    if (lba >= disc_end_lba) {
        return 1; /* the end is not known yet, or this is after it */
    }
    most = most < most_sectors ? most : most_sectors;
    return disc_end_lba - lba < most ? disc_end_lba - lba : most;
}

static bool fill_window(uint32_t lba, struct error *error)
{
    if (!disc_wait(error)) {
        return false; /* another read has failed: nothing that is tried again here */
    }
    uint32_t count = sectors_to_read(lba);
    if (most_sectors > 1) {
        window = window == &windows[0] ? &windows[1] : &windows[0];
    }
    window->lba = lba;
    window->count = 0;
    if (!disc_read(lba, count, window->sectors, error)) {
        count = 1; /* the sectors after it may be those that cannot be read */
        if (!disc_read(lba, count, window->sectors, error)) {
            return false;
        }
    }
    window->count = count;
    return true;
}

const uint8_t *disc_cache_sector(uint32_t lba, struct error *error)
{
    if (!disc_cache_has(lba) && !fill_window(lba, error)) {
        return NULL;
    }
    return window->sectors + (lba - window->lba) * ISO9660_SECTOR_SIZE;
}
