// SPDX-License-Identifier: BSD-2-Clause
// The checksums of compressed files.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { CHECKSUM_SHA256_BYTES = 32 };

/* Adds bytes to an IEEE 802.3 CRC, which is UINT32_MAX at the start and inverted at the end. */
uint32_t checksum_crc32_add(uint32_t crc, const uint8_t *data, size_t size);

/* IEEE 802.3's CRC (gzip, xz). */
uint32_t checksum_crc32(const uint8_t *data, size_t size);

/* ECMA-182's CRC (xz). */
uint64_t checksum_crc64(const uint8_t *data, size_t size);

/* FIPS 180-4's SHA-256 (xz). */
void checksum_sha256(const uint8_t *data, size_t size, uint8_t digest[CHECKSUM_SHA256_BYTES]);

/* Adds a block of 64 bytes to SHA-256's state of eight words. */
void checksum_sha256_block(uint32_t hash[8], const uint8_t *block);

/* xxHash with seed 0 (lz4: 32 bits, zstd: 64 bits). */
uint32_t checksum_xxh32(const uint8_t *data, size_t size);
uint64_t checksum_xxh64(const uint8_t *data, size_t size);
