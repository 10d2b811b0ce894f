// SPDX-License-Identifier: BSD-2-Clause
// See read.h.
#include "stage2/disc/read.h"

#include <string.h>
#include "stage2/disc/native_disc.h"
#include "stage2/disc/patience.h"
#include "stage2/firmware.h"
#include "stage2/fs/iso9660.h"

static bool firmware_has_read;

/* The read that disc_wait() has to wait for; length 0: none. */
static struct {
    uint32_t lba;
    uint32_t length;
    uint8_t *buffer;
} under_way;
static bool wait_has_failed;

bool disc_read(uint32_t lba, uint32_t count, void *buffer, struct error *error)
{
    if (!disc_wait(error)) {
        return false;
    }
    patience_start(lba);
    bool done = native_disc_read(lba, count, buffer);
    if (!done) {
        firmware_has_read = true;
        done = firmware_disc_read(lba, count, buffer, error);
    }
    patience_end();
    return done;
}

/* Reads length bytes. If they end inside a sector, that sector is read to a buffer of its own. */
static bool read_bytes(uint32_t lba, uint32_t length, uint8_t *buffer, struct error *error)
{
    static uint8_t sector[ISO9660_SECTOR_SIZE];
    uint32_t count = length / ISO9660_SECTOR_SIZE, rest = length % ISO9660_SECTOR_SIZE;
    if ((count > 0 && !disc_read(lba, count, buffer, error)) ||
        (rest > 0 && !disc_read(lba + count, 1, sector, error))) {
        return false;
    }
    memcpy(buffer + length - rest, sector, rest);
    return true;
}

bool disc_start_read(uint32_t lba, uint32_t length, void *buffer, struct error *error)
{
    if (!disc_wait(error)) {
        return false;
    }
    patience_start(lba);
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
    wait_has_failed = length != 0 && !native_disc_wait(under_way.lba) &&
                      !read_bytes(under_way.lba, length, under_way.buffer, error);
    patience_end();
    return !wait_has_failed;
}

uint32_t disc_reading_lba(void)
{
    return under_way.length != 0 ? under_way.lba : 0;
}

bool disc_wait_has_failed(void)
{
    return wait_has_failed;
}

void disc_note_preloaded(void)
{
    firmware_has_read = false;
}

bool disc_preloaded_is_intact(void)
{
    return !firmware_has_read;
}

bool disc_yield(struct error *error)
{
    bool is_done = disc_wait(error);
    firmware_has_read = true;
    disc_close();
    return is_done;
}

void disc_close(void)
{
    native_disc_close();
}
