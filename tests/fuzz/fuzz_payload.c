// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes what becomes of a PVH loader's module: cpio archives, and the volumes that are made of
// them. Each file of a volume must be found in it by the code that reads discs.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "boot/bare/pvh/payload.h"
#include "stage2/fs/iso9660.h"

enum { SECTOR = ISO9660_SECTOR_SIZE, ARENA_BYTES = 1 << 19, PATH_BYTES = 4096, MOST_STEPS = 20000 };

static uint8_t memory[ARENA_BYTES], more_memory[ARENA_BYTES];

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void read_sector(const struct volume *volume, uint32_t lba, uint8_t sector[SECTOR])
{
    struct bytes bytes = volume_sector(volume, lba);
    require(lba < volume->end_lba);
    memset(sector, 0, SECTOR);
    if (bytes.size > 0) {
        memcpy(sector, bytes.data, bytes.size < SECTOR ? bytes.size : SECTOR);
    }
}

static bool run(const struct volume *volume, struct iso9660_walk *walk)
{
    uint8_t sector[SECTOR];
    struct error error = {""};
    enum iso9660_step step = iso9660_step(walk, NULL, &error);
    for (unsigned steps = 0; step == ISO9660_READ; steps++) {
        require(steps < MOST_STEPS);
        read_sector(volume, walk->wanted_lba, sector);
        step = iso9660_step(walk, sector, &error);
    }
    return step == ISO9660_DONE;
}

/* Writes the path of a node. False: it is too long, or has a name that no path can lead through. */
static bool path_of(const struct volume_node *node, char path[PATH_BYTES])
{
    size_t at = PATH_BYTES - 1;
    path[at] = 0;
    for (; node->parent != NULL; node = node->parent) {
        if (node->name.size + 1 > at) {
            return false;
        }
        at -= node->name.size;
        memcpy(path + at, node->name.data, node->name.size);
        path[--at] = '/';
    }
    memmove(path, path + at, PATH_BYTES - at);
    return true;
}

static void find_file(const struct volume *volume, const struct iso9660_volume *mounted,
                      const struct volume_node *node)
{
    char path[PATH_BYTES];
    struct iso9660_walk walk;
    struct arena arena = {.base = more_memory, .size = sizeof more_memory};
    if (!path_of(node, path)) {
        return;
    }
    iso9660_start_open(&walk, mounted, path, &arena);
    require(run(volume, &walk));
    require(walk.file.size == node->data.size);
    require(node->data.size == 0 || walk.file.extents[0].lba == node->lba);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct bytes module = {data, size};
    struct volume volume;
    struct error error = {""};
    if (payload_is_iso(module)) {
        return 0;
    }
    if (!payload_make_volume(module, &volume, &arena, &error)) {
        require(error.message[0] != 0);
        return 0;
    }
    struct iso9660_walk walk;
    iso9660_start_mount(&walk, 0, 0);
    require(run(&volume, &walk));
    const struct iso9660_volume mounted = walk.volume;
    for (const struct volume_node *node = volume.root; node != NULL; node = node->next) {
        if (node->kind == VOLUME_FILE) {
            find_file(&volume, &mounted, node);
        }
    }
    return 0;
}
