// SPDX-License-Identifier: BSD-2-Clause
// See verify.h.
#include "stage2/verify/verify.h"

#include <string.h>
#include "stage2/console/console.h"
#include "stage2/record/record.h"

static const struct record *record;
static bool uses_sha256;
static bool is_told[RECORD_DAMAGED]; /* by verdict: each is told once */
static bool unrecorded_is_told;

bool verify_record_read(const struct file *file, const struct record *read, struct error *error)
{
    record = read;
    return record_is_right((struct bytes){(const uint8_t *)read, (size_t)file->size}) ||
           fail(error, "damaged: it is not as whelk-mkrescue has written it, so nothing can be "
                       "verified by it; copy the ISO again");
}

bool verify_kind_choose(const char *kind, bool *is_on, struct error *error)
{
    bool has_sha256 = (record->flags & RECORD_HAS_SHA256) != 0;
    *is_on = kind == NULL || strcmp(kind, "off") != 0;
    uses_sha256 =
        kind == NULL ? (record->flags & RECORD_USES_SHA256) != 0 : strcmp(kind, "sha256") == 0;
    if (uses_sha256 && !has_sha256) {
        return fail(error, "whelk_verify=sha256: the ISO has no SHA-256 digests; "
                           "make it with --verify=sha256");
    }
    return uses_sha256 || !*is_on || kind == NULL || strcmp(kind, "crc") == 0 ||
           fail(error, "whelk_verify=%s: it is sha256, crc or off", kind);
}

static bool is_required(void)
{
    return (record->flags & RECORD_IS_REQUIRED) != 0;
}

/* Says or returns what the digest shows. */
static bool conclude(const struct file *file, const struct record_entry *entry,
                     const struct digest *digest, struct error *error)
{
    enum record_verdict verdict = record_judge(entry, &file->on_disc, digest);
    bool is_copied = verdict == RECORD_MOVED && file->far != NULL; /* to a FAT volume */
    if (verdict == RECORD_SAME || is_copied) {
        return true;
    }
    if (verdict == RECORD_DAMAGED) {
        return record_fail(entry, digest, error);
    }
    if (verdict == RECORD_CHANGED && is_required()) {
        return fail(error, "was changed after the ISO was made, and it was made with "
                           "--verify=require");
    }
    if (!is_told[verdict]) {
        console_print(verdict == RECORD_CHANGED
                          ? "whelk: %s was changed after the ISO was made; not verified\n"
                          : "whelk: %s was moved after the ISO was made; its bytes are the same\n",
                      file->path);
    }
    is_told[verdict] = true;
    return true;
}

/* Finds the file's entry. NULL: it has none; *is_fine: whether it may be booted all the same. Says
   so of what is booted, not of texts, which may just be shown (cat). */
static const struct record_entry *find(const struct file *file, bool is_text, bool *is_fine,
                                       struct error *error)
{
    bool is_of_another_volume =
        file->far != NULL && file->path[0] == '(' && file->path[1] != '/'; /* "(/image)/file" */
    const struct record_entry *entry =
        is_of_another_volume ? NULL : record_find(record, file->path, &file->on_disc);
    *is_fine = entry != NULL || !is_required();
    if (!*is_fine) {
        fail(error, "is not in the record that was made with the ISO, and it was made with "
                    "--verify=require");
    } else if (entry == NULL && !is_text && file->far == NULL && !unrecorded_is_told) {
        console_print("whelk: %s is not in the record that was made with the ISO; not verified\n",
                      file->path);
        unrecorded_is_told = true;
    }
    return entry;
}

bool verify_contents_check(const struct file *file, const uint8_t *data, size_t size,
                           struct error *error)
{
    struct digest digest;
    bool is_fine;
    const struct record_entry *entry = find(file, true, &is_fine, error);
    if (entry == NULL) {
        return is_fine;
    }
    digest_start(&digest, uses_sha256);
    digest_add(&digest, data, size);
    digest_end(&digest);
    return conclude(file, entry, &digest, error);
}

// ---- A plan

/* A file of a plan that is being added up. */
struct reading {
    const struct placement *placement;
    const struct file *file;
    bool is_loaded; /* the pieces are */
    uint8_t *buffer;
    struct digest digest;
};

/* Returns the piece that has the file's byte at this offset, or the next byte that a piece has;
   NULL: there is none. */
static const struct piece *next_piece(const struct reading *reading, uint64_t offset)
{
    const struct piece *next = NULL;
    for (size_t i = 0; reading->is_loaded && i < reading->placement->count; i++) {
        const struct piece *piece = &reading->placement->pieces[i];
        if (piece->file == reading->file && piece->file_offset + piece->length > offset &&
            (next == NULL || piece->file_offset < next->file_offset)) {
            next = piece;
        }
    }
    return next;
}

/* Adds all of the file's bytes: those of its pieces from where they are loaded, the others from the
   disc. */
static bool add_file(struct reading *reading, struct error *error)
{
    const struct file *file = reading->file;
    for (uint64_t at = 0; at < file->size;) {
        const struct piece *piece = next_piece(reading, at);
        if (piece != NULL && piece->file_offset <= at) {
            uint32_t inside = (uint32_t)(at - piece->file_offset);
            const uint8_t *loaded = (const uint8_t *)(uintptr_t)piece->load_address;
            digest_add(&reading->digest, loaded + inside, piece->length - inside);
            at += piece->length - inside;
            continue;
        }
        bool is_inside = piece != NULL && piece->file_offset < file->size;
        uint64_t left = (is_inside ? piece->file_offset : file->size) - at;
        size_t part = left < VERIFY_BUFFER_BYTES ? (size_t)left : VERIFY_BUFFER_BYTES;
        if (!file_read(file, at, part, reading->buffer, error)) {
            return false;
        }
        digest_add(&reading->digest, reading->buffer, part);
        at += part;
    }
    return true;
}

/* Takes the sum that was added up while the file was read, if one piece is all of the file. */
static bool take_sum(struct reading *reading, const struct sum *sums)
{
    const struct piece *piece = next_piece(reading, 0);
    if (sums == NULL || uses_sha256 || piece == NULL || piece->file_offset != 0 ||
        piece->length != reading->file->size) {
        return false;
    }
    reading->digest.sum = sums[piece - reading->placement->pieces];
    return true;
}

static bool check_file(const struct plan *plan, const struct file *file, const struct sum *sums,
                       uint8_t *buffer, struct error *error)
{
    struct reading reading = {
        .placement = &plan->placement, .file = file, .is_loaded = sums != NULL, .buffer = buffer};
    bool is_fine;
    if (file->contents != NULL) {
        return true; /* it was compressed, and was checked before it was decompressed */
    }
    const struct record_entry *entry = find(file, false, &is_fine, error);
    if (entry == NULL) {
        return is_fine;
    }
    digest_start(&reading.digest, uses_sha256);
    if (!take_sum(&reading, sums) && !add_file(&reading, error)) {
        return false;
    }
    digest_end(&reading.digest);
    return conclude(file, entry, &reading.digest, error);
}

bool verify_plan_check(const struct plan *plan, const struct sum *sums, uint8_t *buffer,
                       struct error *error)
{
    const struct file *file = &plan->kernel;
    for (size_t i = 0; i <= plan->information.module_count; i++) {
        if (!check_file(plan, file, sums, buffer, error)) {
            return fail_in(error, "%s: ", file->path);
        }
        file = &plan->modules[i];
    }
    return true;
}
