// SPDX-License-Identifier: BSD-2-Clause
// The files of the disc that we boot from. See file.h.
#include "stage2/fs/file.h"

#include <string.h>
#include "stage2/disc/disc.h"
#include "stage2/disc/cache.h"
#include "stage2/disc/read.h"
#include "stage2/overlay.h"
#include "stage2/firmware.h"
#include "stage2/compression/compression.h"

enum { SECTOR = ISO9660_SECTOR_SIZE };

/* Reads a part of an extent. Sectors in the cache and parts of sectors are copied from the cache.
   From the first whole sector that is not there, the rest is read straight to its place. */
static bool start_extent(const struct iso9660_extent *extent, uint32_t offset, uint32_t length,
                         uint8_t *buffer, struct error *error)
{
    uint32_t lba = extent->lba + offset / SECTOR;
    uint32_t inside = offset % SECTOR;
    do {
        uint32_t part = length < SECTOR - inside ? length : SECTOR - inside;
        if (part == SECTOR && !disc_cache_has(lba)) {
            return disc_start_read(lba, length, buffer, error);
        }
        const uint8_t *sector = disc_sector(lba, error);
        if (sector == NULL) {
            return false;
        }
        memmove(buffer, sector + inside, part); /* boot/over_disc.h: the two may overlap */
        lba++;
        buffer += part;
        length -= part;
        inside = 0;
    } while (length > 0);
    return true;
}

bool file_start_read(const struct file *file, uint64_t offset, size_t length, void *buffer,
                     struct error *error)
{
    const struct iso9660_extent *extent = file->on_disc.extents;
    uint8_t *at = buffer;
    if (file->contents != NULL) {
        memmove(buffer, file->contents + offset, length); /* the two may overlap */
        return true;
    }
    if (file->far != NULL) { /* the overlay has opened it */
        return overlay_load(error)->volume_read(file->far, offset, length, buffer, error);
    }
    while (length > 0) {
        if (offset >= extent->length_bytes) {
            offset -= extent->length_bytes;
        } else {
            uint32_t left = extent->length_bytes - (uint32_t)offset;
            uint32_t part = length < left ? (uint32_t)length : left;
            if (!start_extent(extent, (uint32_t)offset, part, at, error)) {
                return false;
            }
            at += part;
            length -= part;
            offset = 0;
        }
        extent++;
    }
    return true;
}

bool file_read(const struct file *file, uint64_t offset, size_t length, void *buffer,
               struct error *error)
{
    return file_start_read(file, offset, length, buffer, error) && disc_wait(error);
}

/* Whether a file may be compressed, by its first two bytes, little-endian. compression_of(), in the
   overlay, looks at more bytes. */
static bool may_be_compressed(uint16_t start)
{
    static const uint16_t starts[] = {0x8b1f, 0x37fd, 0x2204, 0x2102, 0xb528, 0x4c89, 0x5a42};
    bool may_be = (start & 0xfff0) == 0x2a50; /* a skippable frame of lz4 or zstd */
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        may_be |= start == starts[i];
    }
    return may_be;
}

bool file_is_uncompressed(const uint8_t *start, size_t length)
{
    return length < COMPRESSION_MAGIC_BYTES || !may_be_compressed(load16(start));
}

/* Opens a file or directory of the disc, or of another volume. */
static bool open_anywhere(const char *path, struct file *file, struct arena *arena,
                          struct error *error)
{
    if (*path == '(' || disc_root_volume() != NULL) {
        const struct overlay *overlay = overlay_load(error);
        return overlay != NULL && overlay->volume_open(path, file, arena, error);
    }
    bool is_open = disc_open(path, &file->on_disc, arena, error);
    file->size = file->on_disc.size;
    return is_open;
}

bool file_open(const char *path, enum file_compression compression, struct file *file,
               struct arena *arena, struct error *error)
{
    *file = (struct file){.path = path};
    if (!open_anywhere(path, file, arena, error)) {
        return false;
    }
    if (file->on_disc.is_directory) {
        return fail(error, "is a directory");
    }
    if (compression == FILE_AS_IT_IS || file->size < COMPRESSION_MAGIC_BYTES) {
        return true;
    }
    uint16_t start = 0;
    if (!file_read(file, 0, sizeof start, &start, error)) {
        return false;
    }
    if (!may_be_compressed(start)) {
        return true;
    }
    const struct overlay *overlay = overlay_load(error);
    return overlay != NULL && overlay->decompress_file(file, arena, error);
}
