// SPDX-License-Identifier: BSD-2-Clause
// See record.h.
#include "stage2/record/record.h"

#include <string.h>

enum {
    WORD = sizeof(uint32_t),
    WORDS_BEFORE_SUM = offsetof(struct record, sum) / WORD,
    LEAST_DATE_BITS = 2, /* a date that one flipped bit has changed is not another date */
    DATE_MONTH = 1,
};

struct sum record_sum(const struct record *record)
{
    struct sum sum = SUM_OF_NOTHING;
    sum_add(&sum, record, WORDS_BEFORE_SUM);
    sum_add(&sum, record + 1, (record->byte_count - sizeof *record) / WORD);
    return sum;
}

bool record_is_right(struct bytes bytes)
{
    const struct record *record = (const void *)bytes.data;
    if (bytes.size < sizeof *record ||
        memcmp(record->magic, RECORD_MAGIC, sizeof record->magic) != 0 ||
        record->byte_count > bytes.size || record->byte_count < sizeof *record ||
        record->byte_count % SUM_UNIT_BYTES != 0 ||
        record->entry_count > (record->byte_count - sizeof *record) / sizeof(struct record_entry)) {
        return false;
    }
    const struct sum sum = record_sum(record);
    const struct record_entry *entry = record_entries(record);
    bool paths_are_inside = true;
    for (uint32_t i = 0; i < record->entry_count; i++) {
        paths_are_inside &= entry[i].path < record->byte_count;
    }
    return sum_equals(&sum, &record->sum) && paths_are_inside &&
           (record->entry_count == 0 || bytes.data[record->byte_count - 1] == 0);
}

const struct record_entry *record_entries(const struct record *record)
{
    return (const void *)(record + 1);
}

const char *record_path(const struct record *record, const struct record_entry *entry)
{
    return (const char *)record + entry->path;
}

static bool is_at_place(const struct record_entry *entry, const struct iso9660_file *file)
{
    uint32_t lba = file->extent_count == 0 ? 0 : file->extents[0].lba;
    return file->extent_count <= 1 && file->size == entry->length_bytes && lba == entry->lba;
}

const struct record_entry *record_find(const struct record *record, const char *path,
                                       const struct iso9660_file *file)
{
    const struct record_entry *entries = record_entries(record), *by_place = NULL;
    const char *without_device = strncmp(path, "(/", 2) == 0 ? path : strchr(path, '/');
    for (uint32_t i = 0; i < record->entry_count; i++) {
        const struct record_entry *entry = &entries[i];
        if (without_device != NULL && strcmp(record_path(record, entry), without_device) == 0) {
            return entry;
        }
        by_place = file->size != 0 && is_at_place(entry, file) ? entry : by_place;
    }
    return by_place;
}

// ---- Digests

void digest_start(struct digest *digest, bool is_sha256)
{
    *digest = (struct digest){.is_sha256 = is_sha256, .sum = SUM_OF_NOTHING};
    if (is_sha256) {
        hash_start(&digest->hash, HASH_SHA256);
    }
}

/* Adds bytes to those that are left until they are a unit of the sum. Returns how many it took. */
static size_t fill_rest(struct digest *digest, const uint8_t *data, size_t size)
{
    size_t room = digest->rest_bytes == 0 ? 0 : (size_t)(SUM_UNIT_BYTES - digest->rest_bytes);
    size_t taken = size < room ? size : room;
    memcpy(digest->rest + digest->rest_bytes, data, taken);
    digest->rest_bytes = (uint8_t)(digest->rest_bytes + taken);
    if (digest->rest_bytes == SUM_UNIT_BYTES) {
        sum_add_bytes(&digest->sum, digest->rest, SUM_UNIT_BYTES);
        digest->rest_bytes = 0;
    }
    return taken;
}

void digest_add(struct digest *digest, const uint8_t *data, size_t size)
{
    if (digest->is_sha256) {
        hash_add(&digest->hash, data, size);
        return;
    }
    size_t taken = fill_rest(digest, data, size);
    size_t rest = (size - taken) % SUM_UNIT_BYTES;
    sum_add_bytes(&digest->sum, data + taken, size - taken - rest);
    if (rest != 0) {
        memcpy(digest->rest, data + size - rest, rest);
        digest->rest_bytes = (uint8_t)rest;
    }
}

void digest_end(struct digest *digest)
{
    if (digest->is_sha256) {
        hash_end(&digest->hash, digest->sha256);
    } else {
        sum_add_bytes(&digest->sum, digest->rest, digest->rest_bytes);
    }
}

static bool is_equal(const struct record_entry *entry, const struct digest *digest)
{
    return digest->is_sha256 ? memcmp(digest->sha256, entry->sha256, sizeof entry->sha256) == 0
                             : sum_equals(&digest->sum, &entry->sum);
}

// ---- What a difference means

/* Whether the two dates differ by more than one bit. A file of the prepared block has no date: its
   directory is known to be unchanged. */
static bool is_other_date(const uint8_t *one, const uint8_t *other)
{
    unsigned bits = 0;
    for (size_t i = 0; i < ISO9660_DATE_BYTES; i++) {
        for (unsigned left = one[i] ^ other[i]; left != 0; left &= left - 1) {
            bits++;
        }
    }
    return bits >= LEAST_DATE_BITS && other[DATE_MONTH] != 0;
}

enum record_verdict record_judge(const struct record_entry *entry, const struct iso9660_file *file,
                                 const struct digest *digest)
{
    bool is_there = is_at_place(entry, file);
    if (file->size == entry->length_bytes && is_equal(entry, digest)) {
        return is_there ? RECORD_SAME : RECORD_MOVED;
    }
    return is_there && !is_other_date(entry->date, file->date) ? RECORD_DAMAGED : RECORD_CHANGED;
}

static uint64_t big_endian(const uint8_t *at)
{
    return __builtin_bswap64(load64(at));
}

static uint64_t number(const struct sum *sum)
{
    return (uint64_t)sum->parity << 32 | sum->weighted;
}

bool record_fail(const struct record_entry *entry, const struct digest *digest, struct error *error)
{
    if (digest->is_sha256) {
        return fail(error,
                    "damaged: its SHA-256 begins with %016llx, not %016llx: its bytes on the disc "
                    "are not those of the ISO as it was made; copy the ISO again",
                    (unsigned long long)big_endian(digest->sha256),
                    (unsigned long long)big_endian(entry->sha256));
    }
    return fail(error,
                "damaged: its sum is %016llx, not %016llx: its bytes on the disc are not those of "
                "the ISO as it was made; copy the ISO again",
                (unsigned long long)number(&digest->sum), (unsigned long long)number(&entry->sum));
}
