// SPDX-License-Identifier: BSD-2-Clause
// See volume.h.
#include "stage2/volume/volume.h"

#include <string.h>
#include "loader/bytes.h"
#include "loader/format.h"
#include "stage2/disc/disc.h"
#include "stage2/firmware.h"
#include "stage2/fs/fat.h"
#include "stage2/fs/iso9660_label.h"
#include "stage2/fs/iso9660_list.h"
#include "stage2/fs/partitions.h"

enum {
    SECTOR = ISO9660_SECTOR_SIZE,
    DESCRIPTOR = 16 * SECTOR, /* ECMA-119, 6.2.1 */
    WINDOW_BYTES = 4096,
};
_Static_assert((int)VOLUME_LABEL_BYTES == (int)ISO9660_LABEL_BYTES, "the same texts");

/* A disc or partition, or a file that is the image of one. */
struct place {
    const struct file *image; /* NULL: none; else only bytes is set */
    unsigned device;          /* firmware_device()'s index */
    struct firmware_device disc;
    uint64_t start, bytes;      /* bytes 0: the firmware does not know */
    struct partition partition; /* number 0: the whole disc */
};

enum kind { KIND_FAT, KIND_ISO9660 };

struct volume {
    struct place place;
    enum kind kind;
    struct fat_volume fat;
    struct iso9660_volume iso9660;
};

/* A part of a file, in bytes from the start of the device. */
struct far_extent {
    uint64_t at, length;
};

struct far_file {
    struct place place;
    size_t extent_count;
    struct far_extent *extents;
};

/* ---- Bytes of a device ----------------------------------------------------------------------- */

/* What was read last. */
static struct {
    uint8_t bytes[WINDOW_BYTES];
    unsigned device;
    uint64_t at;
    uint32_t length; /* 0: nothing */
} window;

/* view(), of an image: a sector of it. */
static const uint8_t *view_image(const struct file *image, uint64_t at, uint32_t length,
                                 struct error *error)
{
    if (!range_within(at, length, image->size)) {
        fail(error, "byte %llu is after the end of the image", (unsigned long long)at);
        return NULL;
    }
    if (image->far == NULL) {
        return disc_sector(image->on_disc.extents[0].lba + (uint32_t)(at / SECTOR), error);
    }
    window.length = 0;
    return file_read(image, at, length, window.bytes, error) ? window.bytes : NULL;
}

/* Returns length bytes of a device, in the window: valid until the next call. They must not be more
   than the window has room for from the start of their block on. NULL with a reason. */
static const uint8_t *view(const struct place *place, uint64_t at, uint32_t length,
                           struct error *error)
{
    if (place->image != NULL) {
        return view_image(place->image, at, length, error);
    }
    uint32_t shift = place->disc.block_shift;
    if (window.device != place->device || at < window.at ||
        !range_within(at - window.at, length, window.length)) {
        uint64_t block = at >> shift;
        uint64_t count = WINDOW_BYTES >> shift;
        uint64_t left = place->disc.block_count > block ? place->disc.block_count - block : 1;
        count = left < count ? left : count;
        window.length = 0;
        if (!firmware_device_read(place->device, block, (uint32_t)count, window.bytes, error)) {
            return NULL;
        }
        window.device = place->device;
        window.at = block << shift;
        window.length = (uint32_t)count << shift;
    }
    if (!range_within(at - window.at, length, window.length)) {
        fail(error, "byte %llu is after the end of %s", (unsigned long long)at, place->disc.name);
        return NULL;
    }
    return window.bytes + (at - window.at);
}

/* Reads whole blocks straight to the buffer, parts of blocks by the window. */
static bool read_bytes(const struct place *place, uint64_t at, uint64_t length, uint8_t *buffer,
                       struct error *error)
{
    if (place->image != NULL) {
        return file_read(place->image, at, (size_t)length, buffer, error);
    }
    uint32_t block_bytes = 1u << place->disc.block_shift;
    while (length > 0) {
        uint32_t inside = (uint32_t)at & (block_bytes - 1);
        uint64_t part = length & ~(uint64_t)(block_bytes - 1);
        if (inside != 0 || part == 0) {
            part = length < block_bytes - inside ? length : block_bytes - inside;
            const uint8_t *bytes = view(place, at, (uint32_t)part, error);
            if (bytes == NULL) {
                return false;
            }
            memcpy(buffer, bytes, (size_t)part);
        } else if (!firmware_device_read(place->device, at >> place->disc.block_shift,
                                         (uint32_t)(part >> place->disc.block_shift), buffer,
                                         error)) {
            return false;
        }
        at += part;
        buffer += part;
        length -= part;
    }
    return true;
}

/* ---- Names of devices and partitions --------------------------------------------------------- */

/* Finds a whole device. */
static bool find_device(const char *name, size_t length, struct place *place)
{
    *place = (struct place){0};
    for (; firmware_device(place->device, &place->disc); place->device++) {
        if (strlen(place->disc.name) == length && memcmp(place->disc.name, name, length) == 0) {
            place->bytes = place->disc.block_count << place->disc.block_shift;
            return true;
        }
    }
    return false;
}

/* Goes to the next partition of a device. False: there is none, or the device cannot be read. */
static bool next_partition(const struct place *device, struct partitions_walk *walk)
{
    struct error ignored;
    enum partitions_step step = PARTITIONS_READ;
    while (step == PARTITIONS_READ) {
        const uint8_t *block = view(device, walk->wanted_block << device->disc.block_shift,
                                    walk->block_bytes, &ignored);
        step = block != NULL ? partitions_step(walk, block) : PARTITIONS_END;
    }
    return step == PARTITIONS_FOUND;
}

/* Whether this is how the partition is called: "msdos1", "gpt1", or "1" in either scheme. */
static bool is_called(const struct partition *partition, const char *name)
{
    static const char *const schemes[] = {[PARTITION_MSDOS] = "msdos", [PARTITION_GPT] = "gpt"};
    const char *scheme = schemes[partition->scheme];
    size_t length = strlen(scheme);
    char number[12];
    format_text(number, sizeof number, "%u", partition->number);
    return strcmp(strncmp(name, scheme, length) == 0 ? name + length : name, number) == 0;
}

static bool find_place(const char *name, struct place *place, struct error *error)
{
    const char *comma = strchr(name, ',');
    struct partitions_walk walk;
    if (!find_device(name, comma != NULL ? (size_t)(comma - name) : strlen(name), place)) {
        return fail(error, "this machine has no disc (%s)", name);
    }
    if (comma == NULL) {
        return true;
    }
    partitions_start(&walk, 1u << place->disc.block_shift);
    while (next_partition(place, &walk)) {
        if (is_called(&walk.partition, comma + 1)) {
            place->partition = walk.partition;
            place->start = walk.partition.start << place->disc.block_shift;
            place->bytes = walk.partition.count << place->disc.block_shift;
            return true;
        }
    }
    return fail(error, "%s has no partition (%s)", place->disc.name, name);
}

bool volume_exists(const char *name)
{
    struct place place;
    struct error ignored;
    return find_place(name, &place, &ignored);
}

bool volume_locate(const char *name, struct volume_place *place, struct error *error)
{
    struct place found;
    bool is_found = find_place(name, &found, error);
    *place = (struct volume_place){found.device, found.partition.number != 0, found.partition};
    return is_found;
}

bool volume_read_bytes(const char *name, uint64_t at, size_t length, void *buffer,
                       struct error *error)
{
    struct place place;
    return find_place(name, &place, error) &&
           read_bytes(&place, place.start + at, length, buffer, error);
}

bool volume_name(unsigned number, char name[VOLUME_NAME_BYTES])
{
    struct place place = {0};
    struct partitions_walk walk;
    for (; firmware_device(place.device, &place.disc); place.device++) {
        format_text(name, VOLUME_NAME_BYTES, "%s", place.disc.name);
        if (number-- == 0) {
            return true;
        }
        partitions_start(&walk, 1u << place.disc.block_shift);
        while (next_partition(&place, &walk)) {
            if (number-- == 0) {
                format_text(name, VOLUME_NAME_BYTES, "%s,%s%u", place.disc.name,
                            walk.partition.scheme == PARTITION_GPT ? "gpt" : "msdos",
                            walk.partition.number);
                return true;
            }
        }
    }
    return false;
}

/* ---- Mount ----------------------------------------------------------------------------------- */

static bool run_fat(const struct volume *volume, struct fat_walk *walk, struct error *error)
{
    const uint8_t *sector = NULL;
    enum fat_step step;
    uint32_t bytes = volume->fat.sector_bytes;
    while ((step = fat_step(walk, sector, error)) == FAT_READ) {
        sector = view(&volume->place, volume->place.start + (uint64_t)walk->wanted_sector * bytes,
                      bytes, error);
        if (sector == NULL) {
            return false;
        }
    }
    return step == FAT_DONE;
}

static const uint8_t *view_sector(const struct volume *volume, uint32_t lba, struct error *error)
{
    return view(&volume->place, volume->place.start + (uint64_t)lba * SECTOR, SECTOR, error);
}

static bool run_iso9660(const struct volume *volume, struct iso9660_walk *walk, struct error *error)
{
    const uint8_t *sector = NULL;
    enum iso9660_step step;
    while ((step = iso9660_step(walk, sector, error)) == ISO9660_READ) {
        sector = view_sector(volume, walk->wanted_lba, error);
        if (sector == NULL) {
            return false;
        }
    }
    return step == ISO9660_DONE;
}

static bool mount_fat(struct volume *volume, struct error *error)
{
    struct fat_walk walk;
    volume->kind = KIND_FAT;
    volume->fat.sector_bytes = FAT_BOOT_BYTES;
    fat_start_mount(&walk);
    bool is_done = run_fat(volume, &walk, error);
    volume->fat = walk.volume;
    return is_done;
}

static bool mount_iso9660(struct volume *volume, struct error *error)
{
    struct iso9660_walk walk;
    uint64_t sectors = volume->place.bytes / SECTOR;
    volume->kind = KIND_ISO9660;
    iso9660_start_mount(&walk, 0, sectors < UINT32_MAX ? (uint32_t)sectors : UINT32_MAX);
    bool is_done = run_iso9660(volume, &walk, error);
    volume->iso9660 = walk.volume;
    return is_done;
}

/* Mounts the volume of this name. NULL with a reason. */
static const struct volume *mount(const char *name, struct error *error)
{
    static char mounted_name[VOLUME_NAME_BYTES];
    static struct volume mounted;
    struct error ignored;
    if (*name != 0 && strcmp(mounted_name, name) == 0) {
        return &mounted;
    }
    *mounted_name = 0;
    memset(&mounted, 0, sizeof mounted);
    if (!find_place(name, &mounted.place, error)) {
        return NULL;
    }
    if (!mount_fat(&mounted, error) && !mount_iso9660(&mounted, &ignored)) {
        return NULL;
    }
    format_text(mounted_name, sizeof mounted_name, "%s", name);
    return &mounted;
}

/* Mounts an image, "/live.iso" or "hd0,1/live.iso", which ends after length bytes. The volume is in
   the arena. NULL with a reason. */
static const struct volume *mount_image(const char *name, size_t length, struct arena *arena,
                                        struct error *error)
{
    struct volume *volume = ARENA_NEW(arena, struct volume);
    struct file *image = ARENA_NEW(arena, struct file);
    char *path = arena_allocate(arena, length + 3, 1);
    size_t device = (size_t)(strchr(name, '/') - name);
    if (volume == NULL || image == NULL || path == NULL) {
        fail(error, "no memory left to open the image");
        return NULL;
    }
    path[0] = '(';
    memcpy(path + 1, name, device);
    path[device + 1] = ')';
    memcpy(path + device + 2, name + device, length - device);
    path[length + 2] = 0;
    path += device == 0 ? 2 : 0;
    if (!file_open(path, FILE_AS_IT_IS, image, arena, error)) {
        fail_in(error, "%s: ", path);
        return NULL;
    }
    volume->place = (struct place){.image = image, .bytes = image->size};
    /* On another volume, several pieces do no harm. */
    bool is_one_place = image->far != NULL || iso9660_is_in_one_piece(&image->on_disc);
    if (image->size == 0 || !is_one_place || !mount_iso9660(volume, error)) {
        fail(error, "%s is no image with an ISO 9660 volume", path);
        return NULL;
    }
    return volume;
}

/* Takes the device from a path's start, and mounts its volume, which may be in the arena. NULL with
   a reason. */
static const struct volume *mount_for(const char **path, struct arena *arena, struct error *error)
{
    char name[VOLUME_NAME_BYTES];
    const char *end = **path == '(' ? strchr(*path, ')') : NULL;
    if (end == NULL) {
        return mount(disc_root_volume(), error);
    }
    size_t length = (size_t)(end - *path) - 1;
    const char *slash = strchr(*path, '/');
    if (slash != NULL && slash < end) {
        const struct volume *image = mount_image(*path + 1, length, arena, error);
        *path = end + 1;
        return image;
    }
    if (length >= sizeof name) {
        fail(error, "no disc has a name of %zu bytes", length);
        return NULL;
    }
    memcpy(name, *path + 1, length);
    name[length] = 0;
    *path = end + 1;
    return mount(name, error);
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* Adds an extent, which ends where the file does at the latest. */
static void add_extent(struct far_file *file, uint64_t at, uint64_t length, uint64_t *left)
{
    length = length < *left ? length : *left;
    *left -= length;
    if (length != 0) {
        file->extents[file->extent_count++] = (struct far_extent){at, length};
    }
}

static bool allocate_extents(struct far_file *file, size_t count, struct arena *arena,
                             struct error *error)
{
    file->extents = ARENA_ARRAY(arena, count + 1, struct far_extent);
    return file->extents != NULL ||
           fail(error, "no memory left for the list of its %zu extents", count);
}

static bool open_fat(const struct volume *volume, const char *path, struct volume_node *node,
                     struct far_file *file, struct arena *arena, struct error *error)
{
    struct fat_walk walk;
    uint32_t sector_bytes = volume->fat.sector_bytes;
    fat_start_open(&walk, &volume->fat, path, arena);
    bool is_done = run_fat(volume, &walk, error);
    *node = (struct volume_node){walk.file.is_absent, walk.file.is_directory, walk.file.size};
    if (!is_done || !allocate_extents(file, walk.file.extent_count, arena, error)) {
        return false;
    }
    uint64_t left = walk.file.size;
    for (uint32_t i = 0; i < walk.file.extent_count; i++) {
        const struct fat_extent *extent = &walk.file.extents[i];
        add_extent(file, volume->place.start + (uint64_t)extent->sector * sector_bytes,
                   (uint64_t)extent->count * sector_bytes, &left);
    }
    return true;
}

static bool open_iso9660(const struct volume *volume, const char *path, struct volume_node *node,
                         struct far_file *file, struct arena *arena, struct error *error)
{
    struct iso9660_walk walk;
    iso9660_start_open(&walk, &volume->iso9660, path, arena);
    bool is_done = run_iso9660(volume, &walk, error);
    *node = (struct volume_node){walk.file.is_absent, walk.file.is_directory, walk.file.size};
    if (!is_done || !allocate_extents(file, walk.file.extent_count, arena, error)) {
        return false;
    }
    uint64_t left = walk.file.size;
    for (uint32_t i = 0; i < walk.file.extent_count; i++) {
        const struct iso9660_extent *extent = &walk.file.extents[i];
        add_extent(file, volume->place.start + (uint64_t)extent->lba * SECTOR, extent->length_bytes,
                   &left);
    }
    return true;
}

static bool look_up(const char *path, struct volume_node *node, struct far_file *file,
                    struct arena *arena, struct error *error)
{
    *node = (struct volume_node){0};
    const struct volume *volume = mount_for(&path, arena, error);
    if (volume == NULL) {
        return false;
    }
    *file = (struct far_file){.place = volume->place};
    return (volume->kind == KIND_FAT ? open_fat : open_iso9660)(volume, path, node, file, arena,
                                                                error);
}

bool volume_find(const char *path, struct volume_node *node, struct arena *arena,
                 struct error *error)
{
    struct far_file file;
    return look_up(path, node, &file, arena, error);
}

/* Makes a file in an image on the disc that we boot from a file of that disc. */
static bool move_to_disc(struct file *file, const struct far_file *far, struct arena *arena,
                         struct error *error)
{
    uint32_t lba = far->place.image->on_disc.extents[0].lba;
    struct iso9660_extent *extents =
        ARENA_ARRAY(arena, far->extent_count + 1, struct iso9660_extent);
    for (size_t i = 0; extents != NULL && i < far->extent_count; i++) {
        extents[i] = (struct iso9660_extent){lba + (uint32_t)(far->extents[i].at / SECTOR),
                                             (uint32_t)far->extents[i].length};
    }
    file->on_disc.size = file->size;
    file->on_disc.extent_count = (uint32_t)far->extent_count;
    file->on_disc.extents = extents;
    return extents != NULL || fail(error, "no memory left to open it");
}

bool volume_open(const char *path, struct file *file, struct arena *arena, struct error *error)
{
    struct volume_node node;
    struct far_file *far = ARENA_NEW(arena, struct far_file);
    if (far == NULL) {
        return fail(error, "no memory left to open it");
    }
    if (!look_up(path, &node, far, arena, error)) {
        file->on_disc.is_absent = node.is_absent; /* verify.c: a volume may have no record */
        return false;
    }
    file->size = node.size;
    file->on_disc.is_directory = node.is_directory;
    if (far->place.image != NULL && far->place.image->far == NULL) {
        return move_to_disc(file, far, arena, error);
    }
    file->far = far;
    return true;
}

bool volume_read(const struct far_file *file, uint64_t offset, size_t length, void *buffer,
                 struct error *error)
{
    uint8_t *destination = buffer;
    for (size_t i = 0; i < file->extent_count && length > 0; i++) {
        const struct far_extent *extent = &file->extents[i];
        if (offset >= extent->length) {
            offset -= extent->length;
            continue;
        }
        uint64_t part = extent->length - offset;
        part = length < part ? length : part;
        if (!read_bytes(&file->place, extent->at + offset, part, destination, error)) {
            return false;
        }
        destination += part;
        length -= (size_t)part;
        offset = 0;
    }
    return true;
}

/* ---- Directories and names ------------------------------------------------------------------- */

static bool list_fat(const struct volume *volume, const char *path, struct arena *arena,
                     struct listed_name **names, struct error *error)
{
    struct fat_walk walk;
    fat_start_open(&walk, &volume->fat, path, arena);
    if (!run_fat(volume, &walk, error)) {
        return false;
    }
    struct fat_file directory = walk.file;
    fat_start_list(&walk, &volume->fat, &directory, arena);
    bool is_done = run_fat(volume, &walk, error);
    *names = walk.names;
    return is_done;
}

static bool list_iso9660(const struct volume *volume, const char *path, struct arena *arena,
                         struct listed_name **names, struct error *error)
{
    struct iso9660_walk walk;
    struct iso9660_list list;
    const uint8_t *sector = NULL;
    enum iso9660_step step;
    iso9660_start_open(&walk, &volume->iso9660, path, arena);
    if (!run_iso9660(volume, &walk, error)) {
        return false;
    }
    iso9660_list_start(&list, &volume->iso9660, &walk.file, arena);
    while ((step = iso9660_list_step(&list, sector, error)) == ISO9660_READ) {
        sector = view_sector(volume, list.wanted_lba, error);
        if (sector == NULL) {
            return false;
        }
    }
    *names = list.names;
    return step == ISO9660_DONE;
}

bool volume_list(const char *path, struct arena *arena, struct listed_name **names,
                 struct error *error)
{
    struct volume_node node;
    const char *whole = path;
    if (!volume_find(path, &node, arena, error)) {
        return false;
    }
    if (!node.is_directory) {
        *names = ARENA_NEW(arena, struct listed_name);
        if (*names != NULL) {
            **names = (struct listed_name){.text = whole, .size = node.size};
        }
        return *names != NULL || fail(error, "no memory left for its name");
    }
    const struct volume *volume = mount_for(&path, arena, error);
    if (volume == NULL) {
        return false;
    }
    return (volume->kind == KIND_FAT ? list_fat : list_iso9660)(volume, path, arena, names, error);
}

static bool describe_fat(const struct volume *volume, char label[VOLUME_LABEL_BYTES],
                         char uuid[VOLUME_LABEL_BYTES], struct error *error)
{
    struct fat_walk walk;
    fat_start_label(&walk, &volume->fat);
    if (!run_fat(volume, &walk, error)) {
        return false;
    }
    format_text(label, VOLUME_LABEL_BYTES, "%s", walk.label);
    format_text(uuid, VOLUME_LABEL_BYTES, "%04X-%04X", (unsigned)(volume->fat.serial >> 16),
                (unsigned)(volume->fat.serial & 0xffff));
    return true;
}

bool volume_describe(const char *name, char label[VOLUME_LABEL_BYTES],
                     char uuid[VOLUME_LABEL_BYTES], struct error *error)
{
    const struct volume *volume = mount(name, error);
    if (volume == NULL) {
        return false;
    }
    if (volume->kind == KIND_FAT) {
        return describe_fat(volume, label, uuid, error);
    }
    const uint8_t *descriptor = view_sector(volume, DESCRIPTOR / SECTOR, error);
    if (descriptor != NULL) {
        iso9660_label(descriptor, label);
        iso9660_uuid(descriptor, uuid);
    }
    return descriptor != NULL;
}
