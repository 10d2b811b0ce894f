// SPDX-License-Identifier: BSD-2-Clause
// Hashes of files that are read piece by piece: MD5 (RFC 1321), SHA-1, SHA-256 and SHA-512 (FIPS
// 180-4), and IEEE 802.3's CRC-32. Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum hash_kind { HASH_MD5, HASH_SHA1, HASH_SHA256, HASH_SHA512, HASH_CRC32, HASH_KINDS };

enum { HASH_MOST_BYTES = 64, HASH_BLOCK_BYTES = 128 };

struct hash {
    enum hash_kind kind;
    union {
        uint32_t words[8];
        uint64_t longs[8];
    } state;
    uint64_t length; /* bytes so far */
    uint8_t block[HASH_BLOCK_BYTES];
};

void hash_start(struct hash *hash, enum hash_kind kind);
void hash_add(struct hash *hash, const uint8_t *data, size_t size);

/* Writes the result, at most HASH_MOST_BYTES. Returns its length in bytes. */
size_t hash_end(struct hash *hash, uint8_t *digest);
