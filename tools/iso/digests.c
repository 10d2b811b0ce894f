// SPDX-License-Identifier: BSD-2-Clause
// See digests.h. The finished ISO is read with the loader's own code, which finds what the loader
// will find.
#include "tools/iso/digests.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "stage2/record/record.h"
#include "tools/iso/iso_bytes.h"
#include "tools/iso/output.h"
#include "tools/tree/iso.h"

enum { ARENA_BYTES = 1 << 20 }; /* for the extents of one file */

// ---- The option

bool verification_read(struct verification *verification, const char *argument, struct error *error)
{
    bool is_crc = false;
    for (const char *word = argument;; word++) {
        size_t length = strcspn(word, ",");
        bool *const flags[] = {&verification->has_sha256, &is_crc, &verification->is_off,
                               &verification->is_required};
        static const char *const words[] = {"sha256", "crc", "off", "require"};
        size_t i = 0;
        while (i < sizeof words / sizeof words[0] &&
               (strlen(words[i]) != length || memcmp(words[i], word, length) != 0)) {
            i++;
        }
        if (i == sizeof words / sizeof words[0]) {
            return fail(error, "%s: sha256, crc, off or require", argument);
        }
        *flags[i] = true;
        word += length;
        if (*word == '\0') {
            break;
        }
    }
    bool contradicts = verification->is_off
                           ? is_crc || verification->has_sha256 || verification->is_required
                           : is_crc && verification->has_sha256;
    return !contradicts || fail(error, "%s: these exclude each other", argument);
}

// ---- The record

/* The number-th file, those in images last. NULL: there are no more. */
static const char *path_of(const struct load_order *files, size_t number)
{
    if (number < files->count) {
        return files->paths[number];
    }
    number -= files->count;
    return number < files->in_images_count ? files->in_images[number] : NULL;
}

size_t digests_bytes(const struct load_order *files)
{
    size_t bytes = sizeof(struct record);
    const char *path;
    for (size_t i = 0; (path = path_of(files, i)) != NULL; i++) {
        bytes += sizeof(struct record_entry) + strlen(path) + 1;
    }
    return (bytes + SUM_UNIT_BYTES - 1) / SUM_UNIT_BYTES * SUM_UNIT_BYTES;
}

/* Describes a file of the ISO. False: it is in several extents, so the loader cannot boot it. */
static bool describe(const struct iso *iso, const struct iso9660_file *file, bool has_sha256,
                     struct record_entry *entry)
{
    struct digest digest;
    if (file->extent_count > 1) {
        return false;
    }
    if (file->extent_count == 1) {
        entry->lba = file->extents[0].lba;
        entry->length_bytes = file->extents[0].length_bytes;
    }
    const uint8_t *data = iso->bytes.data + (size_t)entry->lba * ISO9660_SECTOR_SIZE;
    memcpy(entry->date, file->date, sizeof entry->date);
    int kinds = has_sha256 ? 2 : 1;
    for (int is_sha256 = 0; is_sha256 < kinds; is_sha256++) {
        digest_start(&digest, is_sha256 != 0);
        digest_add(&digest, data, entry->length_bytes);
        digest_end(&digest);
        if (is_sha256 != 0) {
            memcpy(entry->sha256, digest.sha256, sizeof entry->sha256);
        } else {
            entry->sum = digest.sum;
        }
    }
    return true;
}

/* Fills in the record of these files, in memory of digests_bytes() zeros. */
static bool make_record(const struct iso *iso, const struct load_order *files,
                        const struct verification *verification, struct arena *arena,
                        struct record *record, struct error *error)
{
    struct record_entry *entry = (struct record_entry *)(record + 1);
    size_t text = sizeof *record + (files->count + files->in_images_count) * sizeof *entry;
    const char *path;
    bool has_sha256 = verification->has_sha256 || files->wants_sha256;
    memcpy(record->magic, RECORD_MAGIC, sizeof record->magic);
    record->byte_count = (uint32_t)digests_bytes(files);
    record->flags = (verification->is_required ? (uint32_t)RECORD_IS_REQUIRED : 0) |
                    (has_sha256 ? (uint32_t)RECORD_HAS_SHA256 : 0) |
                    (verification->has_sha256 ? (uint32_t)RECORD_USES_SHA256 : 0);
    for (size_t i = 0; (path = path_of(files, i)) != NULL; i++) {
        struct iso9660_file file;
        arena->used = 0;
        if (!iso_find(iso, path, &file, arena, error)) {
            return fail_in(error, "%s: ", path);
        }
        if (describe(iso, &file, has_sha256, entry)) {
            entry->path = (uint32_t)text;
            strcpy((char *)record + text, path);
            text += strlen(path) + 1;
            record->entry_count++;
            entry++;
        }
    }
    record->sum = record_sum(record);
    return true;
}

static bool write_record(const char *iso_path, uint64_t offset, const struct record *record,
                         struct error *error)
{
    int iso = open(iso_path, O_WRONLY | O_CLOEXEC);
    if (iso < 0) {
        return fail(error, "%s: %s", iso_path, strerror(errno));
    }
    bool done = iso_write_bytes(iso, offset, record, record->byte_count, error);
    if (close(iso) != 0 && done) {
        done = output_fail(errno, error);
    }
    return done;
}

/* Makes the record of an open ISO, and finds the place of its file. */
static bool read_iso(const struct iso *iso, const struct load_order *files,
                     const struct verification *verification, struct arena *arena,
                     struct record *record, uint64_t *offset, struct error *error)
{
    struct iso9660_file place;
    if (!iso_find(iso, RECORD_PATH, &place, arena, error) || place.extent_count != 1 ||
        place.size < digests_bytes(files)) {
        return fail(error, "%s: the ISO has no room for it", RECORD_PATH);
    }
    *offset = (uint64_t)place.extents[0].lba * ISO9660_SECTOR_SIZE;
    return make_record(iso, files, verification, arena, record, error);
}

bool digests_write(const char *iso_path, const struct load_order *files,
                   const struct verification *verification, struct error *error)
{
    struct iso iso = {.seen = NULL};
    struct arena arena = {.base = malloc(ARENA_BYTES), .size = ARENA_BYTES};
    struct record *record = calloc(1, digests_bytes(files));
    bool done = false;
    if (arena.base == NULL || record == NULL) {
        fail(error, "out of memory");
    } else {
        uint64_t offset = 0;
        done = iso_open(&iso, iso_path, NULL, error) &&
               read_iso(&iso, files, verification, &arena, record, &offset, error);
        iso_close(&iso);
        done = done && write_record(iso_path, offset, record, error);
    }
    free(arena.base);
    free(record);
    return done;
}
