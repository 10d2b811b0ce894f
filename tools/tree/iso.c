// SPDX-License-Identifier: BSD-2-Clause
// See iso.h.
#include "tools/tree/iso.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Volume descriptors (ECMA-119, 8.1 and 8.4). */
enum {
    DESCRIPTORS_OFFSET = 16 * ISO9660_SECTOR_SIZE,
    TYPE_OFFSET = 0,
    TYPE_PRIMARY = 1,
    IDENTIFIER_OFFSET = 1,
    VOLUME_BLOCKS_OFFSET = 80,
    DESCRIPTOR_HEAD_BYTES = 84, /* what is read here */
    TYPE_BOOT = 0,
    BOOT_SYSTEM_OFFSET = 7, /* El Torito 1.0, figure 7 */
    BOOT_CATALOG_OFFSET = 71,
    DEFAULT_ENTRY_LBA_OFFSET = 40, /* in the boot catalog (figures 2 and 3) */
    MBR_BYTES = 512,
    MBR_CODE_BYTES = 440,
    MBR_PARTITIONS_OFFSET = 446,
    MBR_PARTITION_BYTES = 16,
    MBR_TYPE_OFFSET = 4, /* in a partition; 0: there is none */
    MBR_SIGNATURE_OFFSET = 510,
};
static const char el_torito[] = "EL TORITO SPECIFICATION";
static const char identifier[] = {'C', 'D', '0', '0', '1'};

static bool read_descriptor(int descriptor, off_t offset, uint8_t head[DESCRIPTOR_HEAD_BYTES])
{
    return pread(descriptor, head, DESCRIPTOR_HEAD_BYTES, offset) == DESCRIPTOR_HEAD_BYTES &&
           memcmp(head + IDENTIFIER_OFFSET, identifier, sizeof identifier) == 0;
}

bool iso_is(int descriptor)
{
    uint8_t head[DESCRIPTOR_HEAD_BYTES];
    return read_descriptor(descriptor, DESCRIPTORS_OFFSET, head);
}

bool iso_is_whole(int descriptor, const char *path, struct error *error)
{
    uint8_t head[DESCRIPTOR_HEAD_BYTES];
    off_t size = lseek(descriptor, 0, SEEK_END), offset = DESCRIPTORS_OFFSET;
    if (size < 0) {
        return fail(error, "%s: %s", path, strerror(errno));
    }
    for (; read_descriptor(descriptor, offset, head); offset += ISO9660_SECTOR_SIZE) {
        uint64_t volume = (uint64_t)load32(head + VOLUME_BLOCKS_OFFSET) * ISO9660_SECTOR_SIZE;
        if (head[TYPE_OFFSET] == TYPE_PRIMARY && volume > (uint64_t)size) {
            return fail(error,
                        "%s: is cut short: it has %" PRIu64 " bytes, and its volume %" PRIu64, path,
                        (uint64_t)size, volume);
        }
    }
    return true;
}

/* Whether there is an MBR with code or partitions: UDF has one with neither. */
static bool has_mbr(int descriptor)
{
    uint8_t mbr[MBR_BYTES], used = 0;
    if (pread(descriptor, mbr, sizeof mbr, 0) != sizeof mbr || mbr[MBR_SIGNATURE_OFFSET] != 0x55 ||
        mbr[MBR_SIGNATURE_OFFSET + 1] != 0xaa) {
        return false;
    }
    for (size_t i = 0; i < MBR_CODE_BYTES; i++) {
        used |= mbr[i];
    }
    for (size_t at = MBR_PARTITIONS_OFFSET; at < MBR_SIGNATURE_OFFSET; at += MBR_PARTITION_BYTES) {
        used |= mbr[at + MBR_TYPE_OFFSET];
    }
    return used != 0;
}

/* Reads the start of El Torito's boot record. False: there is none. */
static bool read_boot_record(int descriptor, uint8_t head[DESCRIPTOR_HEAD_BYTES])
{
    off_t offset = DESCRIPTORS_OFFSET;
    for (; read_descriptor(descriptor, offset, head); offset += ISO9660_SECTOR_SIZE) {
        if (head[TYPE_OFFSET] == TYPE_BOOT &&
            memcmp(head + BOOT_SYSTEM_OFFSET, el_torito, sizeof el_torito - 1) == 0) {
            return true;
        }
    }
    return false;
}

bool iso_is_bootable(int descriptor)
{
    uint8_t head[DESCRIPTOR_HEAD_BYTES];
    return read_boot_record(descriptor, head) || has_mbr(descriptor);
}

static bool read_sector(int descriptor, uint32_t lba, uint8_t sector[ISO9660_SECTOR_SIZE])
{
    return pread(descriptor, sector, ISO9660_SECTOR_SIZE, (off_t)lba * ISO9660_SECTOR_SIZE) ==
           ISO9660_SECTOR_SIZE;
}

bool iso_is_whelks(int descriptor)
{
    uint8_t head[DESCRIPTOR_HEAD_BYTES], sector[ISO9660_SECTOR_SIZE];
    return read_boot_record(descriptor, head) &&
           read_sector(descriptor, load32(head + BOOT_CATALOG_OFFSET), sector) &&
           read_sector(descriptor, load32(sector + DEFAULT_ENTRY_LBA_OFFSET), sector) &&
           memmem(sector, sizeof sector, BOOT_IMAGE_MARK, sizeof BOOT_IMAGE_MARK - 1) != NULL;
}

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
            iso_blocks_add(iso->seen, iso->first_lba + walk->wanted_lba);
        }
    }
    return step == ISO9660_DONE;
}

/* Reads the volume descriptors. */
static bool mount(struct iso *iso, struct error *error)
{
    struct iso9660_walk walk;
    iso9660_start_mount(&walk, 0, (uint32_t)(iso->bytes.size / ISO9660_SECTOR_SIZE));
    bool is_done = walk_through(iso, &walk, error);
    iso->volume = walk.volume;
    return is_done;
}

/* Maps all of the file, or of the device. */
static bool map(struct iso *iso, int descriptor, const char *path, struct error *error)
{
    off_t size = lseek(descriptor, 0, SEEK_END);
    if (size <= 0) {
        return fail(error, "%s: %s", path, size == 0 ? "is empty" : strerror(errno));
    }
    void *data = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (data == MAP_FAILED) {
        return fail(error, "%s: %s", path, strerror(errno));
    }
    iso->bytes = (struct bytes){data, (size_t)size};
    return true;
}

bool iso_open(struct iso *iso, const char *path, struct iso_blocks *seen, struct error *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    *iso = (struct iso){.seen = seen};
    if (descriptor < 0) {
        return fail(error, "%s: %s", path, strerror(errno));
    }
    bool done = iso_is_whole(descriptor, path, error) && map(iso, descriptor, path, error);
    close(descriptor);
    if (!done) {
        return false;
    }
    return mount(iso, error) || fail_in(error, "%s: ", path);
}

void iso_close(struct iso *iso)
{
    if (iso->bytes.data != NULL) {
        munmap((void *)(uintptr_t)iso->bytes.data, iso->bytes.size);
    }
    iso->bytes = (struct bytes){0};
}

static bool find(const struct iso *iso, const char *path, struct iso9660_file *file,
                 struct arena *arena, struct error *error)
{
    struct iso9660_walk walk;
    iso9660_start_open(&walk, &iso->volume, path, arena);
    bool found = walk_through(iso, &walk, error);
    *file = walk.file;
    return found;
}

bool iso_path_is_in_image(const char *path)
{
    return path[0] == '(' && path[1] == '/' && strchr(path, ')') != NULL;
}

/* Opens the image that a path "(/live.iso)/…" begins with. */
static bool open_image(const struct iso *iso, const char *path, struct iso *image,
                       struct iso9660_file *file, struct arena *arena, struct error *error)
{
    const char *end = strchr(path, ')');
    const char *name = arena_text(arena, path + 1, (size_t)(end - path) - 1);
    if (name == NULL) {
        return fail(error, "too large for the working memory");
    }
    if (!find(iso, name, file, arena, error)) {
        return false;
    }
    *image = (struct iso){.first_lba = file->extent_count > 0 ? file->extents[0].lba : 0,
                          .seen = iso->seen};
    if (!iso9660_is_in_one_piece(file)) {
        return fail(error, "the image is in several pieces");
    }
    uint64_t offset = (uint64_t)image->first_lba * ISO9660_SECTOR_SIZE;
    if (file->is_directory || file->size > iso->bytes.size ||
        offset > iso->bytes.size - file->size) {
        return fail(error, "this is no image in the ISO");
    }
    image->bytes = (struct bytes){iso->bytes.data + offset, (size_t)file->size};
    return mount(image, error);
}

bool iso_find(const struct iso *iso, const char *path, struct iso9660_file *file,
              struct arena *arena, struct error *error)
{
    struct iso image = {0};
    if (!iso_path_is_in_image(path)) {
        return find(iso, path, file, arena, error);
    }
    if (!open_image(iso, path, &image, file, arena, error)) {
        return fail_in(error, "in the image: ");
    }
    bool is_found = find(&image, strchr(path, ')') + 1, file, arena, error);
    for (uint32_t i = 0; is_found && i < file->extent_count; i++) {
        file->extents[i].lba += image.first_lba;
    }
    return is_found;
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
