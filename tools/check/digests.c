// SPDX-License-Identifier: BSD-2-Clause
// See check/digests.h.
#include "tools/check/digests.h"

#include <stdlib.h>
#include "stage2/record/record.h"
#include "tools/lib/say.h"

enum { ARENA_BYTES = 1 << 20 }; /* for the extents of one file */

/* Compares a file's bytes with one of its digests. */
static enum record_verdict judge(const struct iso *iso, const struct record_entry *entry,
                                 const struct iso9660_file *file, bool is_sha256,
                                 struct digest *digest)
{
    digest_start(digest, is_sha256);
    for (uint32_t i = 0; i < file->extent_count; i++) {
        const struct iso9660_extent *extent = &file->extents[i];
        digest_add(digest, iso->bytes.data + (size_t)extent->lba * ISO9660_SECTOR_SIZE,
                   extent->length_bytes);
    }
    digest_end(digest);
    return record_judge(entry, file, digest);
}

/* Says that a file is not as in the record; or, if the record is required, fails. */
static bool note(const struct record *record, const char *path, const char *what,
                 struct error *error)
{
    if ((record->flags & RECORD_IS_REQUIRED) != 0) {
        return fail(error, "%s: %s, and it was made with --verify=require", path, what);
    }
    say_warning("%s %s; the loader will not verify it", path, what);
    return true;
}

static bool check_file(const struct iso *iso, const struct record *record,
                       const struct record_entry *entry, struct arena *arena, struct error *error)
{
    const char *path = record_path(record, entry);
    struct iso9660_file file;
    struct bytes contents;
    struct digest digest;
    arena->used = 0;
    if (!iso_find(iso, path, &file, arena, error)) {
        return file.is_absent ? note(record, path, "was removed after the ISO was made", error)
                              : fail_in(error, "%s: ", path);
    }
    if (file.is_directory || file.extent_count > 1 ||
        !iso_contents(iso, &file, arena, &contents, error)) {
        return note(record, path, "was changed after the ISO was made", error);
    }
    int kinds = (record->flags & RECORD_HAS_SHA256) != 0 ? 2 : 1;
    for (int is_sha256 = 0; is_sha256 < kinds; is_sha256++) {
        switch (judge(iso, entry, &file, is_sha256 != 0, &digest)) {
        case RECORD_DAMAGED:
            record_fail(entry, &digest, error);
            return fail_in(error, "%s: ", path);
        case RECORD_CHANGED:
            return note(record, path, "was changed after the ISO was made", error);
        default:
            break;
        }
    }
    return true;
}

bool digests_agree(const struct iso *iso, struct error *error)
{
    struct iso9660_file place;
    struct bytes bytes;
    struct arena arena = {.base = malloc(ARENA_BYTES), .size = ARENA_BYTES};
    if (arena.base == NULL) {
        return fail(error, "out of memory");
    }
    bool is_fine = true;
    if (!iso_find(iso, RECORD_PATH, &place, &arena, error)) {
        is_fine = place.is_absent || fail_in(error, "%s: ", RECORD_PATH);
    } else if (place.is_directory || place.extent_count != 1 ||
               !iso_contents(iso, &place, &arena, &bytes, error) || !record_is_right(bytes)) {
        is_fine = fail(error, "%s: damaged, so nothing can be verified by it", RECORD_PATH);
    } else {
        const struct record *record = (const void *)bytes.data;
        const struct record_entry *entry = record_entries(record);
        for (uint32_t left = record->entry_count; is_fine && left > 0; left--, entry++) {
            is_fine = check_file(iso, record, entry, &arena, error);
        }
    }
    free(arena.base);
    return is_fine;
}
