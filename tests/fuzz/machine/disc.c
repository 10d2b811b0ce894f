// SPDX-License-Identifier: BSD-2-Clause
// The discs that are put into the modelled machine: ISOs by whelk-mkrescue, with edits.
#include "tests/fuzz/machine/machine.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage2/prepared/prepared.h"
#include "stage2/record/record.h"

enum {
    MOST_DISCS = 64,
    MOST_PLACES = 4096,
    MOST_EDITED = 64 * 1024, /* bytes */
    VOLUME_LBA = 16,
    CATALOG_LBA = 0x47, /* offset in the boot record (El Torito, figure 7) */
    IMAGE_LBA = 0x28,   /* offset of the default entry's in the catalog (figures 2 and 3) */
};

struct disc {
    uint8_t *data;
    uint8_t *made;               /* the same without edits */
    const struct record *record; /* in made; NULL: the disc has none */
    size_t size;
    uint32_t *places;
    size_t place_count;
};

static struct disc discs[MOST_DISCS], *disc;
static unsigned loaded;
static bool notes_places;
static unsigned commands;

/* What the edits have replaced, to be put back. */
static struct {
    size_t count, used;
    struct {
        uint8_t *at;
        size_t length;
    } edits[MOST_EDITED];
} undo;
static bool has_new_plan;
static bool has_other_edits; /* not only in files of the record */

static const struct record *find_record(const struct disc *of)
{
    for (size_t at = 0; at + SECTOR <= of->size; at += SECTOR) {
        const uint8_t *sector = of->made + at;
        if (memcmp(sector, RECORD_MAGIC, sizeof RECORD_MAGIC - 1) == 0 &&
            record_is_right((struct bytes){sector, of->size - at})) {
            return (const void *)sector;
        }
    }
    return NULL;
}

static bool read_all(FILE *file, struct disc *to)
{
    fseek(file, 0, SEEK_END);
    to->size = (size_t)ftell(file);
    rewind(file);
    to->data = malloc(to->size);
    to->made = malloc(to->size);
    to->places = calloc(MOST_PLACES, sizeof *to->places);
    if (fread(to->data, 1, to->size, file) != to->size || to->size < 32 * SECTOR) {
        return false;
    }
    memcpy(to->made, to->data, to->size);
    to->record = find_record(to);
    return true;
}

static void load(const char *path)
{
    FILE *file = loaded < MOST_DISCS ? fopen(path, "rb") : NULL;
    bool is_read = file != NULL && read_all(file, &discs[loaded]);
    if (file != NULL) {
        fclose(file);
    }
    if (!is_read) {
        machine_is_wrong("a disc cannot be read: make seeds-boot makes them", loaded);
    }
    loaded++;
}

void disc_load_beside(const char *program)
{
    char folder[512];
    const char *slash = strrchr(program, '/');
    snprintf(folder, sizeof folder, "%.*s/discs", slash != NULL ? (int)(slash - program) : 1,
             slash != NULL ? program : ".");
    struct dirent **names;
    int count = scandir(folder, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (strstr(path, ".iso") != NULL) {
            load(path);
        }
        free(names[i]);
    }
    if (count >= 0) {
        free(names);
    }
    if (loaded == 0) {
        machine_is_wrong("no discs are there: make seeds-boot makes them", 0);
    }
}

unsigned disc_count(void)
{
    return loaded;
}

void disc_insert(unsigned number)
{
    disc = &discs[number % loaded];
    undo.count = undo.used = 0;
    has_new_plan = has_other_edits = false;
    commands = 0;
}

// ---- Edits

static bool replace(uint8_t *at, const void *with, size_t length)
{
    if (undo.count == MOST_EDITED || length > MOST_EDITED - undo.used) {
        return false;
    }
    undo.edits[undo.count].at = at;
    undo.edits[undo.count++].length = length;
    undo.used += length;
    memcpy(at, with, length);
    return true;
}

void disc_eject(void)
{
    while (undo.count > 0) {
        undo.count--;
        undo.used -= undo.edits[undo.count].length;
        uint8_t *at = undo.edits[undo.count].at;
        memcpy(at, disc->made + (at - disc->data), undo.edits[undo.count].length);
    }
}

static void note_place(uint64_t lba)
{
    for (size_t i = 0; i < disc->place_count; i++) {
        if (disc->places[i] == lba) {
            return;
        }
    }
    if (disc->place_count < MOST_PLACES) {
        disc->places[disc->place_count++] = (uint32_t)lba;
    }
}

void disc_note_places(bool on)
{
    notes_places = on;
}

size_t disc_places(void)
{
    return disc->place_count;
}

static uint32_t lba_of(const struct edit *edit)
{
    return disc->place_count == 0 ? VOLUME_LBA : disc->places[edit->place % disc->place_count];
}

const uint8_t *disc_place(const struct edit *edit)
{
    return disc->data + (size_t)lba_of(edit) * SECTOR + edit->offset % SECTOR;
}

static bool is_in_recorded_file(uint32_t lba)
{
    const struct record *record = disc->record;
    if (record == NULL) {
        return false;
    }
    const struct record_entry *entry = record_entries(record);
    for (uint32_t left = record->entry_count; left > 0; left--, entry++) {
        if (lba >= entry->lba && lba - entry->lba < (entry->length_bytes + SECTOR - 1) / SECTOR) {
            return true;
        }
    }
    return false;
}

void disc_edit(const struct edit *edit, const uint8_t *bytes)
{
    size_t offset = edit->offset % SECTOR;
    size_t length = edit->length < SECTOR - offset ? edit->length : SECTOR - offset;
    has_new_plan |= lba_of(edit) == VOLUME_LBA - 1;
    has_other_edits |= !is_in_recorded_file(lba_of(edit));
    replace((uint8_t *)disc_place(edit), bytes, length);
}

bool disc_has_new_plan(void)
{
    return has_new_plan;
}

bool disc_is_damaged(uint64_t offset, uint64_t length)
{
    return !has_other_edits && range_within(offset, length, disc->size) &&
           memcmp(disc->data + offset, disc->made + offset, length) != 0;
}

/* Writes the sums that the prepared block has of other blocks and of itself, so that edits of these
   get past the loader's check. */
void disc_mend_sums(void)
{
    union prepared_block block;
    uint8_t *at = disc->data + (VOLUME_LBA - 1) * SECTOR;
    memcpy(&block, at, sizeof block);
    struct sum sum = SUM_OF_NOTHING;
    const struct prepared_range *range = prepared_ranges(&block);
    uint32_t left = PREPARED_MOST_BLOCKS;
    for (unsigned i = 0; i < block.prepared.range_count; i++, range++) {
        if ((const uint8_t *)(range + 1) > block.bytes + sizeof block || range->count > left) {
            return;
        }
        left -= range->count;
        for (uint32_t k = 0; k < range->count; k++) {
            const uint8_t *sector = disc_sector_at((uint64_t)range->lba + k);
            if (sector == NULL) {
                return;
            }
            sum_add(&sum, sector, SECTOR / sizeof(uint32_t));
        }
    }
    block.prepared.ranges_sum = sum;
    block.prepared.block_sum = prepared_sum(&block);
    replace(at, &block, sizeof block);
}

// ---- What the machine reads

struct bytes disc_contents(void)
{
    return (struct bytes){disc->data, disc->size};
}

uint32_t disc_volume_lba(void)
{
    return VOLUME_LBA;
}

uint32_t disc_image_lba(void)
{
    const uint8_t *record = disc_sector_at(VOLUME_LBA + 1);
    const uint8_t *catalog = disc_sector_at(load32(record + CATALOG_LBA));
    return catalog != NULL ? load32(catalog + IMAGE_LBA) : 0;
}

const uint8_t *disc_sector_at(uint64_t lba)
{
    return lba < disc->size / SECTOR ? disc->data + lba * SECTOR : NULL;
}

bool disc_to_memory(uint64_t lba, uint64_t offset, uint64_t address, size_t length)
{
    uint64_t from = lba * SECTOR + offset;
    if (lba > UINT32_MAX || !range_within(from, length, disc->size)) {
        return false;
    }
    if (notes_places) {
        for (uint64_t at = from / SECTOR; at * SECTOR < from + length; at++) {
            note_place(at);
        }
    }
    firmware_count_work();
    memory_write(address, disc->data + from, length);
    return true;
}

enum fault disc_next_fault(void)
{
    const struct setting *setting = firmware_setting();
    unsigned number = commands++;
    bool is_hit = number >= setting->fault_first &&
                  (setting->fault_count == 0 ||
                   number < (unsigned)setting->fault_first + setting->fault_count);
    return is_hit ? setting->fault % FAULTS : FAULT_NONE;
}
