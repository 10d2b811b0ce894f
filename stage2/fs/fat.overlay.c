// SPDX-License-Identifier: BSD-2-Clause
// See fat.h. A walk is a state machine: `task` says what the wanted sector is for.
#include "stage2/fs/fat.h"

#include <string.h>
#include "loader/bytes.h"
#include "stage2/text/utf8.h"

/* ---- The first sector ("Boot Sector and BPB"), byte positions from 0 --------------------------
 */

enum {
    BPB_OEM_NAME = 3,
    BPB_SECTOR_BYTES = 11,
    BPB_CLUSTER_SECTORS = 13,
    BPB_RESERVED_SECTORS = 14,
    BPB_FATS = 16,
    BPB_ROOT_ENTRIES = 17,
    BPB_SECTORS_16 = 19,
    BPB_FAT_SECTORS_16 = 22,
    BPB_SECTORS_32 = 32,
    BPB_SERIAL_16 = 39, /* FAT12 and FAT16 */
    BPB_FAT_SECTORS_32 = 36,
    BPB_FLAGS_32 = 40, /* bit 7: only the FAT in bits 0 to 3 is in use */
    BPB_ROOT_CLUSTER = 44,
    BPB_SERIAL_32 = 67,
    BPB_SIGNATURE = 510,

    ONE_FAT = 1 << 7,
    FIRST_CLUSTER = 2,
    MOST_CLUSTERS_12 = 4085,  /* as many make it FAT16 */
    MOST_FAT_BYTES = 1 << 30, /* FAT32 has 28 bits for a cluster's number */
};

/* ---- Directory entries ("FAT Directory Structure", "Long Directory Entries") ------------------
 */

enum {
    ENTRY_BYTES = 32,
    ENTRY_ATTRIBUTES = 11,
    ENTRY_CLUSTER_HIGH = 20,
    ENTRY_CLUSTER_LOW = 26,
    ENTRY_SIZE = 28,
    SHORT_NAME_BYTES = 11,
    SHORT_BASE_BYTES = 8,

    ENTRY_END = 0, /* first bytes of a name */
    ENTRY_KANJI = 0x05,
    ENTRY_DELETED = 0xe5,

    ATTRIBUTE_LABEL = 1 << 3,
    ATTRIBUTE_DIRECTORY = 1 << 4,
    ATTRIBUTES_LONG = 0x0f,
    ATTRIBUTES_MASK = 0x3f,

    LONG_ORDER = 0,
    LONG_SUM = 13,
    LONG_LAST = 0x40,
    LONG_PARTS = 20,
    LONG_PART_CHARACTERS = 13,

    MOST_DIRECTORY_BYTES = 65536 * ENTRY_BYTES,
};

enum { TASK_BOOT, TASK_ENTRIES, TASK_FAT, TASK_DONE };
enum { GOAL_OPEN, GOAL_LIST, GOAL_LABEL };

static bool is_power_of_two(uint32_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

/* ---- Mount ----------------------------------------------------------------------------------- */

void fat_start_mount(struct fat_walk *walk)
{
    memset(walk, 0, sizeof *walk);
    walk->task = TASK_BOOT;
}

/* Fails with the name of another file system, if the first sector has one. */
static bool check_kind(const uint8_t *boot, struct error *error)
{
    if (memcmp(boot + BPB_OEM_NAME, "EXFAT   ", 8) == 0) {
        return fail(error, "the volume is exFAT, which is not supported: format it as FAT32");
    }
    if (memcmp(boot + BPB_OEM_NAME, "NTFS    ", 8) == 0) {
        return fail(error, "the volume is NTFS, which is not supported: format it as FAT32");
    }
    uint32_t bytes = load16(boot + BPB_SECTOR_BYTES);
    bool is_fat = load16(boot + BPB_SIGNATURE) == 0xaa55 && bytes >= FAT_BOOT_BYTES &&
                  bytes <= FAT_MAX_SECTOR && is_power_of_two(bytes) &&
                  is_power_of_two(boot[BPB_CLUSTER_SECTORS]) && boot[BPB_FATS] != 0 &&
                  load16(boot + BPB_RESERVED_SECTORS) != 0;
    return is_fat || fail(error, "the volume is neither FAT nor ISO 9660");
}

/* Finds where the FAT begins, and its length in sectors. */
static uint32_t find_fat(struct fat_volume *volume, const uint8_t *boot)
{
    uint32_t sectors = load16(boot + BPB_FAT_SECTORS_16);
    uint32_t number = 0;
    volume->entry_bits = 16;
    volume->serial = load32(boot + BPB_SERIAL_16);
    if (sectors == 0) {
        sectors = load32(boot + BPB_FAT_SECTORS_32);
        unsigned flags = load16(boot + BPB_FLAGS_32);
        number = (flags & ONE_FAT) != 0 ? flags & 0xf : 0;
        volume->entry_bits = 32;
        volume->serial = load32(boot + BPB_SERIAL_32);
        volume->root_cluster = load32(boot + BPB_ROOT_CLUSTER);
    }
    uint64_t start = load16(boot + BPB_RESERVED_SECTORS) + (uint64_t)number * sectors;
    bool is_in_use = number < boot[BPB_FATS] && start <= UINT32_MAX;
    volume->fat_sector = (uint32_t)start;
    return is_in_use ? sectors : 0;
}

/* Sets the number of clusters: as many as there are sectors for, and as the FAT has entries. */
static bool count_clusters(struct fat_volume *volume, uint32_t fat_sectors, uint32_t sectors)
{
    uint32_t clusters = (sectors - volume->data_sector) / volume->cluster_sectors;
    uint64_t fat_bytes = (uint64_t)fat_sectors * volume->sector_bytes;
    if (volume->entry_bits == 16 && clusters < MOST_CLUSTERS_12) {
        volume->entry_bits = 12;
    }
    fat_bytes = fat_bytes < MOST_FAT_BYTES ? fat_bytes : MOST_FAT_BYTES;
    uint32_t entries = (uint32_t)fat_bytes * 2 / (volume->entry_bits / 4u);
    if (entries <= FIRST_CLUSTER) {
        return false;
    }
    volume->cluster_count = clusters < entries - FIRST_CLUSTER ? clusters : entries - FIRST_CLUSTER;
    return volume->cluster_count != 0;
}

static bool is_cluster(const struct fat_volume *volume, uint32_t cluster)
{
    return cluster >= FIRST_CLUSTER && cluster - FIRST_CLUSTER < volume->cluster_count;
}

static bool read_boot_sector(struct fat_walk *walk, const uint8_t *boot, struct error *error)
{
    struct fat_volume *volume = &walk->volume;
    if (!check_kind(boot, error)) {
        return false;
    }
    volume->sector_bytes = load16(boot + BPB_SECTOR_BYTES);
    while (1u << volume->sector_shift < volume->sector_bytes) {
        volume->sector_shift++;
    }
    volume->cluster_sectors = boot[BPB_CLUSTER_SECTORS];
    uint32_t fat_sectors = find_fat(volume, boot);
    uint32_t sectors = load16(boot + BPB_SECTORS_16);
    sectors = sectors != 0 ? sectors : load32(boot + BPB_SECTORS_32);
    uint32_t root_bytes = load16(boot + BPB_ROOT_ENTRIES) * ENTRY_BYTES;
    volume->root_sectors = (root_bytes + volume->sector_bytes - 1) / volume->sector_bytes;
    uint64_t root = load16(boot + BPB_RESERVED_SECTORS) + (uint64_t)boot[BPB_FATS] * fat_sectors;
    uint64_t data = root + volume->root_sectors;
    if (data >= sectors || (volume->root_sectors == 0) != (volume->entry_bits == 32)) {
        return fail(error, "damaged FAT volume: its first sector contradicts itself");
    }
    volume->root_sector = (uint32_t)root;
    volume->data_sector = (uint32_t)data;
    walk->task = TASK_DONE;
    if (!count_clusters(volume, fat_sectors, sectors)) {
        return fail(error, "damaged FAT volume: it has no cluster");
    }
    return volume->entry_bits != 32 || is_cluster(volume, volume->root_cluster) ||
           fail(error, "damaged FAT volume: its root directory is in cluster %u, of %u",
                volume->root_cluster, volume->cluster_count);
}

/* ---- Going through clusters ------------------------------------------------------------------ */

static uint32_t cluster_sector(const struct fat_volume *volume, uint32_t cluster)
{
    return volume->data_sector + (cluster - FIRST_CLUSTER) * volume->cluster_sectors;
}

/* The byte of the file allocation table at which the cluster's entry begins. */
static uint32_t entry_place(const struct fat_walk *walk)
{
    return walk->cluster * (walk->volume.entry_bits / 4u) / 2; /* MOST_FAT_BYTES: no overflow */
}

/* Wants the cluster's entry in the file allocation table. */
static void want_fat(struct fat_walk *walk)
{
    uint32_t byte = entry_place(walk);
    walk->wanted_sector = walk->volume.fat_sector + (byte >> walk->volume.sector_shift);
    walk->has_half = false;
    walk->task = TASK_FAT;
}

/* Goes to a directory's first sector, or to that of its next cluster. */
static bool enter(struct fat_walk *walk, uint32_t cluster, struct error *error)
{
    const struct fat_volume *volume = &walk->volume;
    cluster = cluster == 0 ? volume->root_cluster : cluster;
    walk->cluster = cluster;
    walk->offset = 0;
    walk->task = TASK_ENTRIES;
    if (cluster == 0) {
        walk->sector = volume->root_sector;
        walk->sectors_left = volume->root_sectors;
    } else if (is_cluster(volume, cluster)) {
        walk->sector = cluster_sector(volume, cluster);
        walk->sectors_left = volume->cluster_sectors;
    } else {
        return fail(error, "damaged FAT volume: a directory is in cluster %u, of %u", cluster,
                    volume->cluster_count);
    }
    walk->wanted_sector = walk->sector;
    return true;
}

/* Adds a cluster to the file's extents. */
static bool add_cluster(struct fat_walk *walk, uint32_t cluster, struct error *error)
{
    struct fat_file *file = &walk->file;
    uint32_t sector = cluster_sector(&walk->volume, cluster);
    struct fat_extent *last =
        file->extent_count != 0 ? &file->extents[file->extent_count - 1] : NULL;
    walk->cluster = cluster;
    if (last != NULL && last->sector + last->count == sector) {
        last->count += walk->volume.cluster_sectors;
        return true;
    }
    /* The list grows in place: nobody else takes from the arena meanwhile. */
    struct fat_extent *extent = ARENA_NEW(walk->arena, struct fat_extent);
    if (extent == NULL) {
        return fail(error, "no memory left for the list of its %u extents", file->extent_count);
    }
    *extent = (struct fat_extent){sector, walk->volume.cluster_sectors};
    file->extents = file->extent_count == 0 ? extent : file->extents;
    file->extent_count++;
    return true;
}

/* Adds the file's next cluster, and wants the entry of the one after it. */
static bool follow_file(struct fat_walk *walk, uint32_t cluster, struct error *error)
{
    if (!is_cluster(&walk->volume, cluster)) {
        return fail(error,
                    "damaged FAT volume: it goes on in cluster %u, of %u, with %u more to come",
                    cluster, walk->volume.cluster_count, walk->clusters_left);
    }
    if (!add_cluster(walk, cluster, error)) {
        return false;
    }
    if (--walk->clusters_left == 0) {
        walk->task = TASK_DONE;
    } else {
        want_fat(walk);
    }
    return true;
}

/* ---- The end of a directory ------------------------------------------------------------------ */

/* Fails because there is nothing of this path: BEFORE "COMPONENT" AFTER. */
static bool fail_absent(struct fat_walk *walk, const char *before, const char *after,
                        struct error *error)
{
    walk->file.is_absent = true;
    return fail(error, "%s\"%.*s\"%s", before, (int)walk->component_length, walk->component, after);
}

static bool end_directory(struct fat_walk *walk, struct error *error)
{
    walk->task = TASK_DONE;
    return walk->goal != GOAL_OPEN || fail_absent(walk, "no such file or directory ", "", error);
}

/* Follows a chain to the cluster that its entry in the file allocation table names. */
static bool follow(struct fat_walk *walk, uint32_t value, struct error *error)
{
    enum { END_12 = 0xff8 };
    uint32_t bits = walk->volume.entry_bits == 32 ? 28 : walk->volume.entry_bits;
    uint32_t mask = (1u << bits) - 1;
    bool is_end = (value & mask) >= (END_12 | (mask & ~0xfffu));
    if (walk->is_chain) {
        return follow_file(walk, value & mask, error);
    }
    return is_end ? end_directory(walk, error) : enter(walk, value & mask, error);
}

static bool read_fat(struct fat_walk *walk, const uint8_t *sector, struct error *error)
{
    uint32_t bits = walk->volume.entry_bits;
    uint32_t last = walk->volume.sector_bytes - 1;
    uint32_t at = entry_place(walk) & (walk->volume.sector_bytes - 1);
    if (bits == 32) {
        return follow(walk, load32(sector + at), error);
    }
    if (bits == 16) {
        return follow(walk, load16(sector + at), error);
    }
    if (at == last && !walk->has_half) {
        walk->half = sector[at];
        walk->has_half = true;
        walk->wanted_sector++;
        return true;
    }
    unsigned both = walk->has_half ? (unsigned)(walk->half | sector[0] << 8) : load16(sector + at);
    return follow(walk, walk->cluster % 2 != 0 ? both >> 4 : both & 0xfff, error);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static char fold(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character + ('a' - 'A')) : character;
}

/* Takes a part of a long name; parts come from the last to the first. */
static void take_long(struct fat_walk *walk, const uint8_t *entry)
{
    unsigned part = entry[LONG_ORDER] & (LONG_LAST - 1u);
    bool is_last = (entry[LONG_ORDER] & LONG_LAST) != 0;
    bool goes_on = walk->has_long && part == walk->long_next && entry[LONG_SUM] == walk->long_sum;
    walk->has_long = part != 0 && part <= LONG_PARTS && (is_last || goes_on);
    if (!walk->has_long) {
        return;
    }
    if (is_last) {
        walk->long_sum = entry[LONG_SUM];
        walk->long_name[part * LONG_PART_CHARACTERS] = 0;
    }
    uint16_t *character = walk->long_name + (part - 1) * LONG_PART_CHARACTERS;
    for (unsigned at = 1; at < ENTRY_BYTES; at += 2) {
        at = at == 11 ? 14 : at == 26 ? 28 : at; /* other fields are between */
        *character++ = load16(entry + at);
    }
    walk->long_next = (uint8_t)(part - 1);
}

static void put_character(struct fat_walk *walk, uint32_t character)
{
    walk->name_length += utf8_put(character, walk->name + walk->name_length);
}

/* Makes a name of the parts of a long one. A surrogate pair is one character. */
static void use_long_name(struct fat_walk *walk)
{
    walk->name_length = 0;
    for (const uint16_t *at = walk->long_name; *at != 0; at++) {
        bool is_pair = (at[0] & 0xfc00) == 0xd800 && (at[1] & 0xfc00) == 0xdc00;
        uint32_t character = at[0];
        if (is_pair) {
            character = 0x10000 + ((character & 0x3ff) << 10) + (at[1] & 0x3ff);
            at++;
        }
        put_character(walk, character);
    }
}

/* Makes a name of the eight and three characters. Bytes that are not ASCII are in nobody knows
   which code page. */
static void use_short_name(struct fat_walk *walk, const uint8_t *entry)
{
    bool has_extension = false;
    walk->name_length = 0;
    for (unsigned i = 0; i < SHORT_NAME_BYTES; i++) {
        uint8_t byte = i == 0 && entry[0] == ENTRY_KANJI ? ENTRY_DELETED : entry[i];
        if (byte == ' ') {
            continue;
        }
        if (i >= SHORT_BASE_BYTES && !has_extension) {
            put_character(walk, '.');
            has_extension = true;
        }
        put_character(walk, (uint8_t)fold((char)byte));
    }
}

/* The sum of a short name that the parts of its long one have. */
static uint8_t name_sum(const uint8_t *entry)
{
    uint8_t sum = 0;
    for (unsigned i = 0; i < SHORT_NAME_BYTES; i++) {
        sum = (uint8_t)((sum << 7 | sum >> 1) + entry[i]);
    }
    return sum;
}

static void read_name(struct fat_walk *walk, const uint8_t *entry)
{
    if (walk->has_long && walk->long_next == 0 && walk->long_sum == name_sum(entry)) {
        use_long_name(walk);
    } else {
        use_short_name(walk, entry);
    }
    walk->has_long = false;
}

static bool is_component(const struct fat_walk *walk)
{
    if (walk->name_length != walk->component_length) {
        return false;
    }
    for (size_t i = 0; i < walk->name_length; i++) {
        if (fold(walk->name[i]) != fold(walk->component[i])) {
            return false;
        }
    }
    return true;
}

/* ---- Directories ----------------------------------------------------------------------------- */

static const char *skip_slashes(const char *path)
{
    while (*path == '/') {
        path++;
    }
    return path;
}

/* The length of the name at a path's start. */
static size_t measure_component(const char *path)
{
    const char *slash = strchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) : strlen(path);
}

/* Goes on with the next name of the path in a directory; without one, the result is the
   directory. */
static bool next_component(struct fat_walk *walk, uint32_t cluster, struct error *error)
{
    const char *at = walk->component + walk->component_length;
    bool is_root = cluster == 0 || cluster == walk->volume.root_cluster;
    size_t length = 0;
    for (bool stays = true; stays;) {
        at = skip_slashes(at + length);
        length = measure_component(at);
        stays = (length == 1 && *at == '.') || (length == 2 && is_root && memcmp(at, "..", 2) == 0);
    }
    walk->component = at;
    walk->component_length = length;
    walk->directory_bytes = 0;
    walk->has_long = false;
    if (!enter(walk, cluster, error)) {
        return false;
    }
    if (length == 0) {
        walk->file = (struct fat_file){.is_directory = true, .cluster = cluster};
        walk->task = TASK_DONE;
    }
    return true;
}

/* Follows the path's component: a directory, or the file. */
static bool follow_entry(struct fat_walk *walk, const uint8_t *entry, struct error *error)
{
    uint32_t high = walk->volume.entry_bits == 32 ? load16(entry + ENTRY_CLUSTER_HIGH) : 0;
    uint32_t cluster = high << 16 | load16(entry + ENTRY_CLUSTER_LOW);
    if ((entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_DIRECTORY) != 0) {
        return next_component(walk, cluster, error);
    }
    const char *rest = walk->component + walk->component_length;
    if (*skip_slashes(rest) != 0) {
        return fail_absent(walk, "", " is not a directory", error);
    }
    uint32_t cluster_bytes = walk->volume.cluster_sectors * walk->volume.sector_bytes;
    uint32_t size = load32(entry + ENTRY_SIZE);
    walk->file.size = size;
    walk->file.cluster = cluster;
    walk->is_chain = true;
    walk->clusters_left = size / cluster_bytes + (size % cluster_bytes != 0);
    if (size == 0) {
        walk->task = TASK_DONE;
        return true;
    }
    return follow_file(walk, cluster, error);
}

static bool add_name(struct fat_walk *walk, const uint8_t *entry, struct error *error)
{
    struct listed_name *name = ARENA_NEW(walk->arena, struct listed_name);
    char *text = arena_text(walk->arena, walk->name, walk->name_length);
    if (name == NULL || text == NULL) {
        return fail(error, "no memory left for the directory's names");
    }
    *name =
        (struct listed_name){.text = text,
                             .size = load32(entry + ENTRY_SIZE),
                             .is_directory = (entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_DIRECTORY) != 0};
    *walk->link = name;
    walk->link = &name->next;
    return true;
}

static void take_label(struct fat_walk *walk, const uint8_t *entry)
{
    size_t length = SHORT_NAME_BYTES;
    while (length > 0 && entry[length - 1] == ' ') {
        length--;
    }
    memcpy(walk->label, entry, length);
    walk->task = TASK_DONE;
}

/* Handles a directory's next entry, which is not its end. */
static bool read_entry(struct fat_walk *walk, const uint8_t *entry, struct error *error)
{
    uint8_t attributes = entry[ENTRY_ATTRIBUTES] & ATTRIBUTES_MASK;
    if (entry[0] == ENTRY_DELETED) {
        walk->has_long = false;
        return true;
    }
    if (attributes == ATTRIBUTES_LONG) {
        take_long(walk, entry);
        return true;
    }
    if ((attributes & ATTRIBUTE_LABEL) != 0) {
        walk->has_long = false;
        if (walk->goal == GOAL_LABEL) {
            take_label(walk, entry);
        }
        return true;
    }
    read_name(walk, entry);
    if (walk->goal == GOAL_LIST) {
        return entry[0] == '.' || add_name(walk, entry, error); /* "." and ".." */
    }
    return walk->goal != GOAL_OPEN || !is_component(walk) || follow_entry(walk, entry, error);
}

/* Goes to the directory's next sector, in the same cluster or in the next one. */
static bool next_sector(struct fat_walk *walk, struct error *error)
{
    walk->offset = 0;
    walk->directory_bytes += walk->volume.sector_bytes;
    if (walk->directory_bytes > MOST_DIRECTORY_BYTES) {
        return fail(error, "damaged FAT volume: a directory has more than %d entries",
                    MOST_DIRECTORY_BYTES / ENTRY_BYTES);
    }
    walk->wanted_sector = ++walk->sector;
    if (--walk->sectors_left != 0) {
        return true;
    }
    if (walk->cluster == 0) {
        return end_directory(walk, error);
    }
    want_fat(walk);
    return true;
}

static bool read_entries(struct fat_walk *walk, const uint8_t *sector, struct error *error)
{
    if (walk->offset == walk->volume.sector_bytes) {
        return next_sector(walk, error);
    }
    const uint8_t *entry = sector + walk->offset;
    walk->offset += ENTRY_BYTES;
    return entry[0] == ENTRY_END ? end_directory(walk, error) : read_entry(walk, entry, error);
}

/* ---- Starts and steps ------------------------------------------------------------------------ */

static void start(struct fat_walk *walk, const struct fat_volume *volume, uint8_t goal)
{
    memset(walk, 0, sizeof *walk);
    walk->volume = *volume;
    walk->goal = goal;
}

void fat_start_open(struct fat_walk *walk, const struct fat_volume *volume, const char *path,
                    struct arena *arena)
{
    struct error ignored;
    start(walk, volume, GOAL_OPEN);
    walk->arena = arena;
    walk->component = path;
    next_component(walk, 0, &ignored); /* the mount has checked where the root is */
}

void fat_start_list(struct fat_walk *walk, const struct fat_volume *volume,
                    const struct fat_file *directory, struct arena *arena)
{
    struct error ignored;
    start(walk, volume, GOAL_LIST);
    walk->arena = arena;
    walk->link = &walk->names;
    enter(walk, directory->cluster, &ignored); /* the open has checked it */
}

void fat_start_label(struct fat_walk *walk, const struct fat_volume *volume)
{
    struct error ignored;
    start(walk, volume, GOAL_LABEL);
    enter(walk, 0, &ignored);
}

enum fat_step fat_step(struct fat_walk *walk, const uint8_t *sector, struct error *error)
{
    uint32_t in_hand = walk->wanted_sector;
    while (walk->task != TASK_DONE) {
        if (!walk->sector_wanted || walk->wanted_sector != in_hand) {
            walk->sector_wanted = true;
            return FAT_READ;
        }
        if (!(walk->task == TASK_BOOT  ? read_boot_sector
              : walk->task == TASK_FAT ? read_fat
                                       : read_entries)(walk, sector, error)) {
            return FAT_FAILED;
        }
    }
    return FAT_DONE;
}
