// SPDX-License-Identifier: BSD-2-Clause
// The record of an ISO: a file in which the tool leaves a digest of each file that the ISO can
// boot, and where that file was. The loader compares what it has read with it. A file that differs
// is damaged if its directory record is still the one that the tool saw; else somebody has replaced
// it.
//
// Pure; written by the tools (tools/iso/digests.c), read by stage 2 (stage2/verify/).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/error.h"
#include "stage2/fs/iso9660.h"
#include "stage2/hash/hash.h"
#include "stage2/sum/sum.h"

#define RECORD_PATH  "/boot/whelk.sum"
#define RECORD_MAGIC "WhelkSum"

enum {
    RECORD_IS_REQUIRED = 1, /* flags: what is not in the record, or not as there, is not booted */
    RECORD_HAS_SHA256 = 2,
    RECORD_USES_SHA256 = 4, /* the loader checks it, unless the config says otherwise */
    RECORD_SHA256_BYTES = 32,
};

/* Little-endian. After it come the entries and the texts. */
struct record {
    char magic[8];
    uint32_t byte_count; /* of all of it, a multiple of 8; the file may be longer */
    uint32_t entry_count;
    uint32_t flags;
    uint32_t unused;
    struct sum sum; /* record_sum() */
};
_Static_assert(sizeof(struct record) == 32, "the same where it is written and where it is read");

struct record_entry {
    uint32_t lba, length_bytes; /* of the only extent; both 0: an empty file */
    struct sum sum;             /* of the file's bytes */
    uint8_t date[ISO9660_DATE_BYTES];
    uint8_t unused;
    uint32_t path; /* offset in the record of a text that ends with a NUL */
    uint32_t unused2;
    uint8_t sha256[RECORD_SHA256_BYTES]; /* 0 without RECORD_HAS_SHA256 */
};
_Static_assert(sizeof(struct record_entry) == 64, "the same where it is written and read");

/* The sum of the record's words before and after its sum. */
struct sum record_sum(const struct record *record);

/* Whether these bytes, at a multiple of 8, are a whole record. Must succeed before the functions
   below are used. */
bool record_is_right(struct bytes bytes);

const struct record_entry *record_entries(const struct record *record);
const char *record_path(const struct record *record, const struct record_entry *entry);

/* Finds a file by its path or, if a config wrote the path in another way, by its place. NULL: it is
   not in the record. */
const struct record_entry *record_find(const struct record *record, const char *path,
                                       const struct iso9660_file *file);

// ---- Digests

/* A digest of bytes that come piece by piece. */
struct digest {
    bool is_sha256;
    uint8_t rest_bytes; /* that the sum has not taken yet */
    uint8_t rest[SUM_UNIT_BYTES];
    struct sum sum;
    struct hash hash;
    uint8_t sha256[HASH_MOST_BYTES];
};

void digest_start(struct digest *digest, bool is_sha256);
void digest_add(struct digest *digest, const uint8_t *data, size_t size);
void digest_end(struct digest *digest);

// ---- What a difference means

enum record_verdict {
    RECORD_SAME,
    RECORD_MOVED,   /* the same bytes, elsewhere */
    RECORD_CHANGED, /* other bytes; the directory record has changed as well */
    RECORD_DAMAGED, /* other bytes; the directory record has not changed */
};

/* Judges a file whose digest has ended. */
enum record_verdict record_judge(const struct record_entry *entry, const struct iso9660_file *file,
                                 const struct digest *digest);

/* Fails: "damaged: its … is FOUND, not EXPECTED …". */
bool record_fail(const struct record_entry *entry, const struct digest *digest,
                 struct error *error);
