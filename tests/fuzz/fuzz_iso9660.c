// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the ISO 9660 reader. The input is a path, a NUL, and sectors: each read gets the next of
// them, whatever its number. So a short input reaches every part of mount and open without a whole
// disc.
#include "loader/arena.h"
#include "stage2/fs/iso9660.h"
#include "stage2/fs/iso9660_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 16, PATH_BYTES = 600 };

struct answers {
    const uint8_t *data;
    size_t size;
};

static void check(bool truth)
{
    if (!truth) {
        abort();
    }
}

/* Runs a walk that may read up to last_lba, while there are sectors; returns true if it ended. */
static bool run(struct iso9660_walk *walk, struct answers *answers, uint32_t last_lba)
{
    struct error error = {""};
    uint8_t *sector = NULL;
    uint32_t last = UINT32_MAX;
    enum iso9660_step step = iso9660_step(walk, sector, &error);
    while (step == ISO9660_READ && answers->size >= ISO9660_SECTOR_SIZE) {
        check(walk->wanted_lba != last);
        check(walk->wanted_lba <= last_lba);
        last = walk->wanted_lba;
        free(sector); /* a fresh block each time: the sanitizer sees the use of an old one */
        sector = malloc(ISO9660_SECTOR_SIZE);
        check(sector != NULL);
        memcpy(sector, answers->data, ISO9660_SECTOR_SIZE);
        answers->data += ISO9660_SECTOR_SIZE;
        answers->size -= ISO9660_SECTOR_SIZE;
        step = iso9660_step(walk, sector, &error);
    }
    free(sector);
    check(step != ISO9660_FAILED || error.message[0] != 0);
    return step == ISO9660_DONE;
}

/* Lists the names of a directory. */
static void list_names(const struct iso9660_file *directory, const struct iso9660_volume *volume,
                       struct arena *arena, struct answers *answers)
{
    struct error error = {""};
    struct iso9660_list list;
    uint8_t *sector = NULL;
    enum iso9660_step step;
    iso9660_list_start(&list, volume, directory, arena);
    while ((step = iso9660_list_step(&list, sector, &error)) == ISO9660_READ &&
           answers->size >= ISO9660_SECTOR_SIZE) {
        check(list.wanted_lba < volume->end_lba);
        free(sector);
        sector = malloc(ISO9660_SECTOR_SIZE);
        check(sector != NULL);
        memcpy(sector, answers->data, ISO9660_SECTOR_SIZE);
        answers->data += ISO9660_SECTOR_SIZE;
        answers->size -= ISO9660_SECTOR_SIZE;
    }
    free(sector);
    check(step != ISO9660_FAILED || error.message[0] != 0);
    for (const struct listed_name *name = list.names; name != NULL; name = name->next) {
        check(strlen(name->text) < sizeof list.name);
    }
}

static void check_file(const struct iso9660_file *file, uint32_t end_lba)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < file->extent_count; i++) {
        const struct iso9660_extent *extent = &file->extents[i];
        uint64_t sectors =
            ((uint64_t)extent->length_bytes + ISO9660_SECTOR_SIZE - 1) / ISO9660_SECTOR_SIZE;
        check(extent->length_bytes != 0 && extent->lba + sectors <= end_lba);
        check(size % ISO9660_SECTOR_SIZE == 0);
        size += extent->length_bytes;
    }
    check(size == file->size);
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
    struct answers answers = {data + path_length, size - path_length};
    struct arena arena = {memory, sizeof memory, 0};
    struct iso9660_walk walk;
    iso9660_start_mount(&walk, 0, 0);
    if (!run(&walk, &answers, UINT32_MAX)) {
        return 0;
    }
    struct iso9660_volume volume = walk.volume;
    volume.is_little_endian |=
        path_length % 2 == 0; /* else most mutations end at the first record */
    iso9660_start_open(&walk, &volume, path, &arena);
    if (run(&walk, &answers, volume.end_lba - 1)) {
        check_file(&walk.file, volume.end_lba);
        if (walk.file.is_directory) {
            list_names(&walk.file, &volume, &arena, &answers);
        }
    }
    return 0;
}
