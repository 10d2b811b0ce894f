// SPDX-License-Identifier: BSD-2-Clause
// See iso.h.
#include "tools/tree/iso.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void iso_blocks_add(struct iso_blocks *blocks, uint32_t lba)
{
    size_t at = 0;
    while (at < blocks->count && blocks->lbas[at] < lba) {
        at++;
    }
    if (at < blocks->count && blocks->lbas[at] == lba) {
        return;
    }
    if (blocks->count == sizeof blocks->lbas / sizeof blocks->lbas[0]) {
        blocks->are_more = true;
        return;
    }
    memmove(&blocks->lbas[at + 1], &blocks->lbas[at],
            (blocks->count++ - at) * sizeof *blocks->lbas);
    blocks->lbas[at] = lba;
}

/* Runs a walk to its end, and gives it each sector that it asks for. */
static bool walk_through(const struct iso *iso, struct iso9660_walk *walk, struct error *error)
{
    const uint8_t *sector = NULL;
    enum iso9660_step step;
    while ((step = iso9660_step(walk, sector, error)) == ISO9660_READ) {
        uint64_t offset = (uint64_t)walk->wanted_lba * ISO9660_SECTOR_SIZE;
        if (offset + ISO9660_SECTOR_SIZE > iso->bytes.size) {
            return fail(error, "sector %u is beyond the end of the file", walk->wanted_lba);
        }
        sector = iso->bytes.data + offset;
        if (iso->seen != NULL) {
            iso_blocks_add(iso->seen, walk->wanted_lba);
        }
    }
    return step == ISO9660_DONE;
}

bool iso_open(struct iso *iso, const char *path, struct iso_blocks *seen, struct error *error)
{
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    *iso = (struct iso){.seen = seen};
    void *data = MAP_FAILED;
    if (descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_size > 0) {
        iso->bytes.size = (size_t)status.st_size;
        data = mmap(NULL, iso->bytes.size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    }
    int reason = errno;
    if (descriptor >= 0) {
        close(descriptor);
    }
    if (data == MAP_FAILED) {
        return fail(error, "%s: %s", path, strerror(reason));
    }
    iso->bytes.data = data;
    struct iso9660_walk walk;
    iso9660_start_mount(&walk, 0, (uint32_t)(iso->bytes.size / ISO9660_SECTOR_SIZE));
    if (!walk_through(iso, &walk, error)) {
        return fail_in(error, "%s: ", path);
    }
    iso->volume = walk.volume;
    return true;
}

void iso_close(struct iso *iso)
{
    if (iso->bytes.data != NULL) {
        munmap((void *)(uintptr_t)iso->bytes.data, iso->bytes.size);
    }
    iso->bytes = (struct bytes){0};
}

bool iso_find(const struct iso *iso, const char *path, struct iso9660_file *file,
              struct arena *arena, struct error *error)
{
    struct iso9660_walk walk;
    iso9660_start_open(&walk, &iso->volume, path, arena);
    bool found = walk_through(iso, &walk, error);
    *file = walk.file;
    return found;
}

bool iso_contents(const struct iso *iso, const struct iso9660_file *file, struct arena *arena,
                  struct bytes *contents, struct error *error)
{
    for (uint32_t i = 0; i < file->extent_count; i++) {
        const struct iso9660_extent *extent = &file->extents[i];
        uint64_t end = (uint64_t)extent->lba * ISO9660_SECTOR_SIZE + extent->length_bytes;
        if (end > iso->bytes.size) {
            return fail(error, "its data go on beyond the end of the ISO");
        }
    }
    contents->size = (size_t)file->size;
    contents->data = iso->bytes.data;
    if (file->extent_count == 1) {
        contents->data += (size_t)file->extents[0].lba * ISO9660_SECTOR_SIZE;
    } else if (file->extent_count > 1) {
        uint8_t *copy = arena_allocate(arena, contents->size, 1);
        if (copy == NULL) {
            return fail(error, "too large for the working memory");
        }
        contents->data = copy;
        for (uint32_t i = 0; i < file->extent_count; i++) {
            const struct iso9660_extent *extent = &file->extents[i];
            memcpy(copy, iso->bytes.data + (size_t)extent->lba * ISO9660_SECTOR_SIZE,
                   extent->length_bytes);
            copy += extent->length_bytes;
        }
    }
    return true;
}
