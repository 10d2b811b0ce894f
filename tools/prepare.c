// SPDX-License-Identifier: BSD-2-Clause
// See prepare.h. Reads the ISO, not the tree, with the loader's own code: what it finds there is
// what the loader would find.
#include "tools/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "stage2/config.h"
#include "stage2/iso9660.h"
#include "stage2/packing.h"
#include "stage2/prepared.h"
#include "tools/check.h"

enum {
    BLOCK = ISO9660_SECTOR_SIZE,
    VOLUME_DESCRIPTOR_LBA = 16,
    PREPARED_LBA = VOLUME_DESCRIPTOR_LBA - 1,
    ARENA_BYTES = 8 << 20, /* for the largest config */
    MOST_BLOCKS = 256,     /* to be summed up; with more it is not worth it */
};

/* An ISO under preparation. */
struct preparation {
    int iso;
    struct iso9660_volume volume;
    struct arena arena;
    union prepared_block block;
    size_t used; /* bytes of it */

    /* By which all was found, in the order of their numbers. */
    uint32_t blocks[MOST_BLOCKS];
    size_t block_count;
};

static bool read_block(const struct preparation *preparation, uint32_t lba, void *block)
{
    return pread(preparation->iso, block, BLOCK, (off_t)lba * BLOCK) == BLOCK;
}

/* Notes that the result depends on this block. */
static bool depend_on(struct preparation *preparation, uint32_t lba)
{
    size_t at = 0;
    while (at < preparation->block_count && preparation->blocks[at] < lba) {
        at++;
    }
    if (at < preparation->block_count && preparation->blocks[at] == lba) {
        return true;
    }
    if (preparation->block_count == MOST_BLOCKS) {
        return false;
    }
    memmove(&preparation->blocks[at + 1], &preparation->blocks[at],
            (preparation->block_count++ - at) * sizeof *preparation->blocks);
    preparation->blocks[at] = lba;
    return true;
}

/* To the end of a mount or an open. */
static bool walk(struct preparation *preparation, struct iso9660_walk *walk)
{
    uint8_t sector[BLOCK] = {0};
    struct error ignored;
    enum iso9660_step step;
    while ((step = iso9660_step(walk, sector, &ignored)) == ISO9660_READ) {
        if (!read_block(preparation, walk->wanted_lba, sector) ||
            !depend_on(preparation, walk->wanted_lba)) {
            return false;
        }
    }
    return step == ISO9660_DONE;
}

/* A file that is one run of blocks. */
static bool find_file(struct preparation *preparation, const char *path,
                      struct iso9660_extent *extent)
{
    struct iso9660_walk open;
    iso9660_start_open(&open, &preparation->volume, path, &preparation->arena);
    if (!walk(preparation, &open) || open.file.is_directory || open.file.extent_count > 1) {
        return false;
    }
    *extent = open.file.extent_count == 1 ? open.file.extents[0] : (struct iso9660_extent){0};
    return true;
}

static bool is_packed(const struct preparation *preparation, const struct iso9660_extent *extent)
{
    uint8_t magic[PACKING_MAGIC_BYTES] = {0};
    size_t length = extent->length_bytes < sizeof magic ? extent->length_bytes : sizeof magic;
    return pread(preparation->iso, magic, length, (off_t)extent->lba * BLOCK) != (ssize_t)length ||
           packing_of((struct bytes){magic, sizeof magic}) != PACKING_NONE;
}

/* Adds a text and sets its offset. False: no room; the last byte stays a NUL. */
static bool add_text(struct preparation *preparation, const char *text, uint16_t *offset)
{
    size_t length = text != NULL ? strlen(text) + 1 : 0;
    if (length > sizeof preparation->block - preparation->used) {
        return false;
    }
    if (text != NULL) {
        memcpy(preparation->block.bytes + preparation->used, text, length);
        *offset = (uint16_t)preparation->used;
        preparation->used += length;
    }
    return true;
}

static bool add_file(struct preparation *preparation, const struct config_file *wanted,
                     struct prepared_file *file)
{
    struct iso9660_extent extent;
    if (wanted->line > UINT16_MAX || !find_file(preparation, wanted->path, &extent) ||
        (!wanted->keep_packed && is_packed(preparation, &extent))) {
        return false;
    }
    file->lba = extent.lba;
    file->size = extent.length_bytes;
    file->line = (uint16_t)wanted->line;
    file->flags = wanted->keep_packed ? PREPARED_KEEPS_PACKED : 0;
    return true;
}

static bool add_files(struct preparation *preparation, const struct config_boot *boot)
{
    struct prepared_file *files = prepared_files(&preparation->block);
    size_t count = 1 + boot->module_count;
    if (count > UINT8_MAX || (const uint8_t *)(files + count) > preparation->block.bytes + BLOCK) {
        return false;
    }
    preparation->block.prepared.file_count = (uint8_t)count;
    bool done = add_file(preparation, &boot->kernel, files);
    for (size_t i = 0; done && i < boot->module_count; i++) {
        done = add_file(preparation, &boot->modules[i], &files[1 + i]);
    }
    return done;
}

/* The blocks that all depends on. */
static bool add_ranges(struct preparation *preparation)
{
    struct prepared *prepared = &preparation->block.prepared;
    struct prepared_range *range = NULL;
    for (size_t i = 0; i < preparation->block_count; i++) {
        uint32_t lba = preparation->blocks[i];
        if (range != NULL && range->lba + range->count == lba) {
            range->count++;
            continue;
        }
        range = &prepared_ranges(&preparation->block)[prepared->range_count];
        if (prepared->range_count == UINT8_MAX ||
            (const uint8_t *)(range + 1) > preparation->block.bytes + BLOCK) {
            return false;
        }
        prepared->range_count++;
        *range = (struct prepared_range){lba, 1};
    }
    return true;
}

/* Behind the ranges. */
static bool add_texts(struct preparation *preparation, const struct config_boot *boot)
{
    struct prepared *prepared = &preparation->block.prepared;
    struct prepared_file *file = prepared_files(&preparation->block);
    const struct prepared_range *ranges = prepared_ranges(&preparation->block);
    preparation->used =
        (size_t)((const uint8_t *)(ranges + prepared->range_count) - preparation->block.bytes);
    bool done = add_text(preparation, boot->gfxpayload, &prepared->gfxpayload) &&
                add_text(preparation, boot->timing, &prepared->timing);
    for (size_t i = 0; done && i <= boot->module_count; i++, file++) {
        const struct config_file *wanted = i == 0 ? &boot->kernel : &boot->modules[i - 1];
        done = add_text(preparation, wanted->path, &file->path) &&
               add_text(preparation, wanted->arguments, &file->arguments);
    }
    return done;
}

static bool add_boot(struct preparation *preparation, const struct config_boot *boot)
{
    struct prepared *prepared = &preparation->block.prepared;
    memcpy(prepared->magic, PREPARED_MAGIC, PREPARED_MAGIC_BYTES);
    prepared->protocol = (uint8_t)boot->protocol;
    prepared->flags =
        (uint8_t)((boot->ignore_address_fields ? PREPARED_IGNORES_ADDRESS_FIELDS : 0) |
                  (boot->modules_after_kernel ? PREPARED_MODULES_AFTER_KERNEL : 0));
    return add_files(preparation, boot) && add_ranges(preparation) && add_texts(preparation, boot);
}

static bool sum_up(struct preparation *preparation)
{
    uint32_t sum = prepared_sum(0, &preparation->block);
    for (size_t i = 0; i < preparation->block_count; i++) {
        uint32_t block[BLOCK / sizeof(uint32_t)];
        if (!read_block(preparation, preparation->blocks[i], block)) {
            return false;
        }
        sum = prepared_sum(sum, block);
    }
    preparation->block.prepared.sum = sum;
    return true;
}

/* Whether it boots at once, and wherever it is evaluated boots the same. */
static bool evaluate(struct bytes text, struct arena *arena, struct config_boot *boot)
{
    static struct config config;
    struct error ignored;
    return memchr(text.data, '$', text.size) == NULL &&
           config_read(&config, text, CONFIG_PATH, arena, &ignored) &&
           config_seconds_to_wait(&config) == 0 &&
           config_evaluate(&config, &config.entries[config_default(&config)], boot, &ignored) &&
           boot->action == CONFIG_ACTION_BOOT && config.warnings == NULL &&
           !config.asked_for_extras;
}

/* The config's text, and that all depends on it; NULL: there is none, or it is too large. */
static const uint8_t *read_config(struct preparation *preparation, struct iso9660_extent *config)
{
    if (!find_file(preparation, CONFIG_PATH, config) || config->length_bytes > CONFIG_MAX_BYTES) {
        return NULL;
    }
    uint32_t blocks = (config->length_bytes + BLOCK - 1) / BLOCK;
    uint8_t *text = arena_allocate(&preparation->arena, (size_t)blocks * BLOCK, 1);
    for (uint32_t i = 0; text != NULL && i < blocks; i++) {
        if (!read_block(preparation, config->lba + i, text + (size_t)i * BLOCK) ||
            !depend_on(preparation, config->lba + i)) {
            return NULL;
        }
    }
    return text;
}

/* The block for this ISO; false: there is none. */
static bool prepare(struct preparation *preparation)
{
    struct iso9660_walk mount;
    struct iso9660_extent config;
    struct config_boot boot;
    iso9660_start_mount(&mount, 0, 0);
    if (!walk(preparation, &mount)) {
        return false;
    }
    preparation->volume = mount.volume;
    const uint8_t *text = read_config(preparation, &config);
    return text != NULL &&
           evaluate((struct bytes){text, config.length_bytes}, &preparation->arena, &boot) &&
           add_boot(preparation, &boot) && sum_up(preparation);
}

bool prepare_write(const char *iso_path, struct error *error)
{
    static struct preparation preparation; /* large */
    preparation = (struct preparation){
        .iso = open(iso_path, O_RDWR | O_CLOEXEC),
        .arena = {.base = malloc(ARENA_BYTES), .size = ARENA_BYTES},
    };
    bool done = preparation.iso >= 0 && preparation.arena.base != NULL;
    if (done && prepare(&preparation)) {
        done = pwrite(preparation.iso, &preparation.block, BLOCK, (off_t)PREPARED_LBA * BLOCK) ==
               BLOCK;
    }
    int reason = errno;
    free(preparation.arena.base);
    if (preparation.iso >= 0 && close(preparation.iso) != 0 && done) {
        reason = errno;
        done = false;
    }
    return done || fail(error, "%s: %s", iso_path, strerror(reason));
}
