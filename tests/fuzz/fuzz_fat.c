// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the FAT reader. The input is a path, a NUL, and sectors: the first of FAT_BOOT_BYTES, then
// of the size that it says. Each read gets the next of them, whatever its number.
#include "loader/arena.h"
#include "stage2/fs/fat.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 16, PATH_BYTES = 600 };

struct answers {
    const uint8_t *data;
    size_t size;
    uint32_t sector_bytes;
};

static void check(bool truth)
{
    if (!truth) {
        abort();
    }
}

/* Runs a walk while there are sectors; returns true if it ended. */
static bool run(struct fat_walk *walk, struct answers *answers)
{
    struct error error = {""};
    uint8_t *sector = NULL;
    uint32_t last = UINT32_MAX;
    enum fat_step step = fat_step(walk, sector, &error);
    while (step == FAT_READ && answers->size >= answers->sector_bytes) {
        check(walk->wanted_sector != last);
        last = walk->wanted_sector;
        free(sector); /* a fresh block each time: the sanitizer sees the use of an old one */
        sector = malloc(answers->sector_bytes);
        check(sector != NULL);
        memcpy(sector, answers->data, answers->sector_bytes);
        answers->data += answers->sector_bytes;
        answers->size -= answers->sector_bytes;
        step = fat_step(walk, sector, &error);
    }
    free(sector);
    check(step != FAT_FAILED || error.message[0] != 0);
    return step == FAT_DONE;
}

static void check_file(const struct fat_file *file, const struct fat_volume *volume)
{
    uint64_t end = volume->data_sector + (uint64_t)volume->cluster_count * volume->cluster_sectors;
    uint64_t sectors = 0;
    for (uint32_t i = 0; i < file->extent_count; i++) {
        const struct fat_extent *extent = &file->extents[i];
        check(extent->count != 0 && extent->sector >= volume->data_sector);
        check(extent->sector + (uint64_t)extent->count <= end);
        sectors += extent->count;
    }
    check(file->is_directory || sectors * volume->sector_bytes >= file->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[ARENA_BYTES];
    const uint8_t *end = memchr(data, 0, size < PATH_BYTES ? size : PATH_BYTES);
    if (end == NULL) {
        return 0;
    }
    char path[PATH_BYTES];
    size_t path_length = (size_t)(end - data) + 1;
    memcpy(path, data, path_length);
    struct answers answers = {data + path_length, size - path_length, FAT_BOOT_BYTES};
    struct arena arena = {memory, sizeof memory, 0};
    struct fat_walk walk;
    fat_start_mount(&walk);
    if (!run(&walk, &answers)) {
        return 0;
    }
    struct fat_volume volume = walk.volume;
    answers.sector_bytes = volume.sector_bytes;
    fat_start_open(&walk, &volume, path, &arena);
    if (!run(&walk, &answers)) {
        return 0;
    }
    struct fat_file file = walk.file;
    check_file(&file, &volume);
    if (file.is_directory) {
        fat_start_list(&walk, &volume, &file, &arena);
        run(&walk, &answers);
        for (const struct listed_name *name = walk.names; name != NULL; name = name->next) {
            check(strlen(name->text) < sizeof walk.name);
        }
    }
    fat_start_label(&walk, &volume);
    run(&walk, &answers);
    check(strlen(walk.label) < sizeof walk.label);
    return 0;
}
