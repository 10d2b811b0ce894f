// SPDX-License-Identifier: BSD-2-Clause
// See chain.h.
#include "stage2/boot/chain.h"

#include <string.h>
#include "loader/format.h"
#include "stage2/disc/disc.h"
#include "stage2/disc/read.h"
#include "stage2/disc/staging.h"
#include "stage2/firmware.h"
#include "stage2/fs/file.h"
#include "stage2/plan/chain.h"
#include "stage2/volume/volume.h"

/* ---- What to start --------------------------------------------------------------------------- */

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static uint32_t take_number(const char **text)
{
    uint32_t number = 0;
    while (is_digit(**text)) {
        number = number * 10 + (uint32_t)(*(*text)++ - '0');
    }
    return number;
}

/* Copies the name of the device at a path's start, or of root. Returns the path after it. NULL: the
   name is too long for a device's. */
static const char *split_device(const char *path, const char *root, char name[VOLUME_NAME_BYTES])
{
    const char *end = *path == '(' ? strchr(path, ')') : NULL;
    const char *start = end != NULL ? path + 1 : root;
    while (*start == '(') {
        start++;
    }
    size_t length = 0;
    while (start[length] != 0 && start[length] != ')') {
        length++;
    }
    if (length >= VOLUME_NAME_BYTES) {
        return NULL;
    }
    memcpy(name, start, length);
    name[length] = 0;
    return end != NULL ? end + 1 : path;
}

/* Reads the first of the blocks of 512 bytes that a word such as (hd0)+1 names; the disc that we
   boot from has GRUB's name cd or cd0. */
static bool read_block(const struct config_boot *wanted, uint8_t *sector, struct error *error)
{
    char device[VOLUME_NAME_BYTES];
    const char *list = split_device(wanted->kernel.path, wanted->chain.root, device);
    uint64_t at = list != NULL ? (uint64_t)take_number(&list) * CHAIN_SECTOR_BYTES : 0;
    if (list == NULL || *list++ != '+' || take_number(&list) == 0 || *list != 0) {
        return fail(error, "is no list of blocks: write +1, or (hd0,msdos1)+1");
    }
    if (!volume_exists(device) && (strcmp(device, "cd") == 0 || strcmp(device, "cd0") == 0)) {
        const uint8_t *block = disc_sector((uint32_t)(at / ISO9660_SECTOR_SIZE), error);
        if (block != NULL) {
            memcpy(sector, block + at % ISO9660_SECTOR_SIZE, CHAIN_SECTOR_BYTES);
        }
        return block != NULL;
    }
    return volume_read_bytes(device, at, CHAIN_SECTOR_BYTES, sector, error);
}

static bool read_file(const struct config_boot *wanted, struct bytes *image, struct arena *arena,
                      struct error *error)
{
    struct file file;
    if (!file_open(wanted->kernel.path, FILE_DECOMPRESS, &file, arena, error)) {
        return false;
    }
    bool is_sector = firmware_efi() == NULL && file.size > CHAIN_SECTOR_BYTES;
    image->size = is_sector ? (size_t)CHAIN_SECTOR_BYTES : (size_t)file.size;
    uint8_t *data = image->size == file.size || is_sector ? staging_allocate(image->size) : NULL;
    image->data = data;
    return data != NULL ? file_read(&file, 0, image->size, data, error)
                        : fail(error, "%llu bytes are more than there is memory for",
                               (unsigned long long)file.size);
}

static bool read_image(const struct config_boot *wanted, struct bytes *image, struct arena *arena,
                       struct error *error)
{
    char start = *wanted->kernel.path;
    const char *end = start == '(' ? strchr(wanted->kernel.path, ')') : NULL;
    start = end != NULL ? end[1] : start;
    if (start == '/') {
        return read_file(wanted, image, arena, error);
    }
    if (firmware_efi() != NULL) {
        return fail(error, "is a boot sector, which only a BIOS starts");
    }
    uint8_t *sector = arena_allocate(arena, CHAIN_SECTOR_BYTES, 1);
    *image = (struct bytes){sector, CHAIN_SECTOR_BYTES};
    return sector != NULL ? read_block(wanted, sector, error) : fail(error, "no memory left");
}

/* ---- Where it is from ------------------------------------------------------------------------ */

/* Finds the device whose number or handle the program gets: under UEFI that of the file, under a
   BIOS, as in GRUB, that of the variable root. */
static bool find_device(const struct config_boot *wanted, struct firmware_chain *chain,
                        struct error *error)
{
    char name[VOLUME_NAME_BYTES];
    struct volume_place place;
    uint8_t sector[CHAIN_SECTOR_BYTES];
    struct error ignored;
    bool is_uefi = firmware_efi() != NULL;
    const char *root = disc_root_volume() != NULL ? disc_root_volume() : "cd";
    if (split_device(is_uefi ? wanted->kernel.path : "", is_uefi ? root : wanted->chain.root,
                     name) == NULL ||
        !volume_locate(name, &place, &ignored)) {
        chain->is_boot_disc = true;
        return true;
    }
    chain->device = place.device;
    chain->is_partition = place.is_partition;
    chain->start = place.partition.start;
    chain->table_index = place.partition.table_index;
    if (is_uefi || !place.is_partition || place.partition.scheme != PARTITION_MSDOS) {
        return true;
    }
    struct firmware_device disc;
    firmware_device(place.device, &disc);
    char *comma = strchr(name, ',');
    *comma = 0;
    chain->has_table = volume_read_bytes(name, place.partition.table_block << disc.block_shift,
                                         sizeof sector, sector, error);
    memcpy(chain->table, sector + 446, sizeof chain->table);
    return chain->has_table;
}

void chain_run(const struct config_boot *wanted, struct arena *arena, struct error *error)
{
    const struct config_file *file = &wanted->kernel;
    struct firmware_chain chain = {.arguments = file->arguments};
    enum chain_machine machine = firmware_efi() == NULL       ? CHAIN_BIOS
                                 : firmware_efi()->is_64 != 0 ? CHAIN_UEFI_64
                                                              : CHAIN_UEFI_32;
    size_t mark = staging_mark();
    struct arena left = {.base = arena->base + arena->used, .size = arena->size - arena->used};
    const char *end = *file->path == '(' ? strchr(file->path, ')') : NULL;
    chain.path = end != NULL ? end + 1 : file->path;
    if (read_image(wanted, &chain.image, &left, error) &&
        chain_judge(chain.image, machine, wanted->chain.is_forced, error) &&
        find_device(wanted, &chain, error) && disc_yield(error)) {
        firmware_chain(&chain, error);
    }
    staging_reset(mark);
    fail_in(error, "%.120s:%u: %.120s: ", file->config, file->line, file->path);
}
