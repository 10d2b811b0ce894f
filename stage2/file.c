// SPDX-License-Identifier: BSD-2-Clause
// The files of the disc that we boot from. See file.h.
#include "stage2/file.h"

#include <string.h>
#include "stage2/disc.h"
#include "stage2/extras.h"
#include "stage2/firmware.h"
#include "stage2/gzip.h"
#include "stage2/packing.h"

enum { SECTOR = ISO9660_SECTOR_SIZE, GZIP_ISIZE_BYTES = 4 };

/* Bytes in front of the first whole sector and behind the last one go through a sector of the
   disc's window; all between are read straight to their place. */
static bool read_extent(const struct iso9660_extent *extent, uint32_t offset, uint32_t length,
                        uint8_t *buffer, struct error *error)
{
    uint32_t lba = extent->lba + offset / SECTOR;
    uint32_t inside = offset % SECTOR;
    while (length > 0) {
        if (inside == 0 && length >= SECTOR) {
            uint32_t count = length / SECTOR;
            if (!disc_read(lba, count, buffer, error)) {
                return false;
            }
            lba += count;
            buffer += count * SECTOR;
            length -= count * SECTOR;
            continue;
        }
        const uint8_t *sector = disc_sector(lba, error);
        if (sector == NULL) {
            return false;
        }
        uint32_t part = length < SECTOR - inside ? length : SECTOR - inside;
        memcpy(buffer, sector + inside, part);
        lba++;
        buffer += part;
        length -= part;
        inside = 0;
    }
    return true;
}

bool file_read(const struct file *file, uint64_t offset, size_t length, void *buffer,
               struct error *error)
{
    uint8_t *at = buffer;
    if (file->contents != NULL) {
        memcpy(buffer, file->contents + offset, length);
        return true;
    }
    for (uint32_t i = 0; i < file->on_disc.extent_count && length > 0; i++) {
        const struct iso9660_extent *extent = &file->on_disc.extents[i];
        if (offset >= extent->length_bytes) {
            offset -= extent->length_bytes;
            continue;
        }
        uint32_t part = extent->length_bytes - (uint32_t)offset;
        part = length < part ? (uint32_t)length : part;
        if (!read_extent(extent, (uint32_t)offset, part, at, error)) {
            return false;
        }
        at += part;
        length -= part;
        offset = 0;
    }
    return true;
}

/* Unpacks into memory at the top of the RAM. ISIZE, at the file's end, is how much comes out;
   unless the file has several members or something behind them: then it is tried with all there is.
 */
static bool unpack(struct file *file, struct error *error)
{
    const struct extras *extras = firmware_extras(error);
    if (extras == NULL) {
        return false;
    }
    if (file->size > disc_staging_free()) {
        return fail(error, "%llu bytes to unpack do not fit into memory",
                    (unsigned long long)file->size);
    }
    size_t packed_size = (size_t)file->size;
    size_t mark = disc_staging_mark();
    size_t length = 0;
    uint8_t isize[GZIP_ISIZE_BYTES] = {0};
    if (!file_read(file, file->size - sizeof isize, sizeof isize, isize, error)) {
        return false;
    }
    uint8_t *packed = disc_staging_allocate(packed_size);
    if (!file_read(file, 0, packed_size, packed, error)) {
        return false;
    }
    size_t most = disc_staging_free();
    size_t capacity = load32(isize) < most ? load32(isize) : most;
    for (;; capacity = most) {
        size_t below_packed = disc_staging_mark();
        uint8_t *unpacked = disc_staging_allocate(capacity);
        bool unpacks = extras->gzip_unpack((struct bytes){packed, packed_size}, unpacked, capacity,
                                           &length, error);
        if (unpacks) {
            disc_staging_reset(mark); /* up to the top, over what was packed */
            file->contents = memmove(disc_staging_allocate(length), unpacked, length);
            file->size = length;
            return true;
        }
        disc_staging_reset(below_packed);
        if (length <= capacity || capacity == most) {
            return false;
        }
    }
}

bool file_open(const char *path, enum file_packing packing, struct file *file, struct arena *arena,
               struct error *error)
{
    *file = (struct file){.path = path};
    if (!disc_open(path, &file->on_disc, arena, error)) {
        return false;
    }
    if (file->on_disc.is_directory) {
        return fail(error, "is a directory");
    }
    file->size = file->on_disc.size;
    if (packing == FILE_AS_IT_IS || file->size < GZIP_MAGIC_SIZE + GZIP_ISIZE_BYTES) {
        return true;
    }
    uint8_t magic[GZIP_MAGIC_SIZE] = {0};
    if (!file_read(file, 0, sizeof magic, magic, error)) {
        return false;
    }
    return packing_of((struct bytes){magic, sizeof magic}) != PACKING_GZIP || unpack(file, error);
}
