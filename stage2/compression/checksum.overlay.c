// SPDX-License-Identifier: BSD-2-Clause
// See checksum.h. CRCs as in RFC 1952, 8 and the .xz specification, 6; SHA-256 as in FIPS 180-4;
// xxHash as in its specification 0.1.1.
#include "stage2/compression/checksum.h"

#include <string.h>
#include "loader/bytes.h"

/* Four bits at a time; for eight, the table would be sixteen times as large. */
uint32_t checksum_crc32_add(uint32_t crc, const uint8_t *data, size_t size)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    for (; size != 0; size--) {
        crc ^= *data++;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return crc;
}

uint32_t checksum_crc32(const uint8_t *data, size_t size)
{
    return ~checksum_crc32_add(UINT32_MAX, data, size);
}

uint64_t checksum_crc64(const uint8_t *data, size_t size)
{
    static const uint64_t table[16] = {
        0x0000000000000000, 0x7d9ba13851336649, 0xfb374270a266cc92, 0x86ace348f355aadb,
        0x64b62bcaebc387a1, 0x192d8af2baf0e1e8, 0x9f8169ba49a54b33, 0xe21ac88218962d7a,
        0xc96c5795d7870f42, 0xb4f7f6ad86b4690b, 0x325b15e575e1c3d0, 0x4fc0b4dd24d2a599,
        0xadda7c5f3c4488e3, 0xd041dd676d77eeaa, 0x56ed3e2f9e224471, 0x2b769f17cf112238,
    };
    uint64_t crc = UINT64_MAX;
    for (; size != 0; size--) {
        crc ^= *data++;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

// ---- SHA-256

enum { SHA256_BLOCK = 64, SHA256_ROUNDS = 64, SHA256_WORDS = 8 };

static uint32_t rotate_right32(uint32_t value, unsigned count)
{
    return value >> count | value << (32 - count);
}

static uint32_t load_big32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void store_big32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

/* Hashes a block, with FIPS 180-4's names (6.2.2). Its variables a to h are not moved in round t;
   instead a is the state's word -t (modulo 8), b the next one, and so on. */
void checksum_sha256_block(uint32_t hash[SHA256_WORDS], const uint8_t *block)
{
    static const uint32_t k[SHA256_ROUNDS] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2};
    uint32_t w[SHA256_ROUNDS], state[SHA256_WORDS];
    for (size_t t = 0; t < 16; t++) {
        w[t] = load_big32(block + 4 * t);
    }
    for (size_t t = 16; t < SHA256_ROUNDS; t++) {
        uint32_t x = w[t - 15], y = w[t - 2];
        w[t] = w[t - 16] + (rotate_right32(x, 7) ^ rotate_right32(x, 18) ^ x >> 3) + w[t - 7] +
               (rotate_right32(y, 17) ^ rotate_right32(y, 19) ^ y >> 10);
    }
    memcpy(state, hash, sizeof state);
    for (size_t t = 0; t < SHA256_ROUNDS; t++) {
        uint32_t a = state[-t % 8], b = state[(1 - t) % 8], c = state[(2 - t) % 8];
        uint32_t e = state[(4 - t) % 8], f = state[(5 - t) % 8], g = state[(6 - t) % 8];
        uint32_t *d = &state[(3 - t) % 8], *h = &state[(7 - t) % 8];
        uint32_t t1 = *h + (rotate_right32(e, 6) ^ rotate_right32(e, 11) ^ rotate_right32(e, 25)) +
                      ((e & f) ^ (~e & g)) + k[t] + w[t];
        uint32_t t2 = (rotate_right32(a, 2) ^ rotate_right32(a, 13) ^ rotate_right32(a, 22)) +
                      ((a & b) ^ (a & c) ^ (b & c));
        *d += t1;
        *h = t1 + t2;
    }
    for (size_t i = 0; i < SHA256_WORDS; i++) {
        hash[i] += state[i];
    }
}

void checksum_sha256(const uint8_t *data, size_t size, uint8_t digest[CHECKSUM_SHA256_BYTES])
{
    uint32_t hash[SHA256_WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint8_t last[SHA256_BLOCK] = {0};
    uint64_t bits = (uint64_t)size * 8;
    for (; size >= SHA256_BLOCK; size -= SHA256_BLOCK, data += SHA256_BLOCK) {
        checksum_sha256_block(hash, data);
    }
    memcpy(last, data, size);
    last[size] = 0x80;
    if (size >= SHA256_BLOCK - 8) {
        checksum_sha256_block(hash, last);
        memset(last, 0, sizeof last);
    }
    store_big32(last + SHA256_BLOCK - 8, (uint32_t)(bits >> 32));
    store_big32(last + SHA256_BLOCK - 4, (uint32_t)bits);
    checksum_sha256_block(hash, last);
    for (size_t i = 0; i < SHA256_WORDS; i++) {
        store_big32(digest + 4 * i, hash[i]);
    }
}

// ---- xxHash: four accumulators over stripes, then the remaining bytes, then an avalanche

#define XXH32_PRIME1 0x9e3779b1u
#define XXH32_PRIME2 0x85ebca77u
#define XXH32_PRIME3 0xc2b2ae3du
#define XXH32_PRIME4 0x27d4eb2fu
#define XXH32_PRIME5 0x165667b1u

#define XXH64_PRIME1 0x9e3779b185ebca87u
#define XXH64_PRIME2 0xc2b2ae3d27d4eb4fu
#define XXH64_PRIME3 0x165667b19e3779f9u
#define XXH64_PRIME4 0x85ebca77c2b2ae63u
#define XXH64_PRIME5 0x27d4eb2f165667c5u

enum { XXH_LANES = 4 };

static uint32_t rotate_left32(uint32_t value, unsigned count)
{
    return value << count | value >> (32 - count);
}

static uint64_t rotate_left64(uint64_t value, unsigned count)
{
    return value << count | value >> (64 - count);
}

uint32_t checksum_xxh32(const uint8_t *data, size_t size)
{
    uint32_t lanes[XXH_LANES] = {XXH32_PRIME1 + XXH32_PRIME2, XXH32_PRIME2, 0, 0u - XXH32_PRIME1};
    uint32_t hash = XXH32_PRIME5;
    uint32_t length = (uint32_t)size;
    if (size >= sizeof lanes) {
        for (; size >= sizeof lanes; size -= sizeof lanes) {
            for (size_t i = 0; i < XXH_LANES; i++, data += sizeof lanes[0]) {
                lanes[i] = rotate_left32(lanes[i] + load32(data) * XXH32_PRIME2, 13) * XXH32_PRIME1;
            }
        }
        hash = rotate_left32(lanes[0], 1) + rotate_left32(lanes[1], 7) +
               rotate_left32(lanes[2], 12) + rotate_left32(lanes[3], 18);
    }
    hash += length;
    for (; size >= 4; size -= 4, data += 4) {
        hash = rotate_left32(hash + load32(data) * XXH32_PRIME3, 17) * XXH32_PRIME4;
    }
    for (; size > 0; size--) {
        hash = rotate_left32(hash + *data++ * XXH32_PRIME5, 11) * XXH32_PRIME1;
    }
    hash = (hash ^ hash >> 15) * XXH32_PRIME2;
    hash = (hash ^ hash >> 13) * XXH32_PRIME3;
    return hash ^ hash >> 16;
}

static uint64_t xxh64_round(uint64_t lane, uint64_t input)
{
    return rotate_left64(lane + input * XXH64_PRIME2, 31) * XXH64_PRIME1;
}

/* Hashes the whole stripes at the data's start. */
static uint64_t xxh64_stripes(const uint8_t *data, size_t size)
{
    uint64_t lanes[XXH_LANES] = {XXH64_PRIME1 + XXH64_PRIME2, XXH64_PRIME2, 0, 0u - XXH64_PRIME1};
    for (; size >= sizeof lanes; size -= sizeof lanes) {
        for (size_t i = 0; i < XXH_LANES; i++, data += sizeof lanes[0]) {
            lanes[i] = xxh64_round(lanes[i], load64(data));
        }
    }
    uint64_t hash = rotate_left64(lanes[0], 1) + rotate_left64(lanes[1], 7) +
                    rotate_left64(lanes[2], 12) + rotate_left64(lanes[3], 18);
    for (size_t i = 0; i < XXH_LANES; i++) {
        hash = (hash ^ xxh64_round(0, lanes[i])) * XXH64_PRIME1 + XXH64_PRIME4;
    }
    return hash;
}

uint64_t checksum_xxh64(const uint8_t *data, size_t size)
{
    enum { STRIPE = XXH_LANES * sizeof(uint64_t) };
    uint64_t hash = size >= STRIPE ? xxh64_stripes(data, size) : XXH64_PRIME5;
    hash += size;
    data += size / STRIPE * STRIPE;
    size %= STRIPE;
    for (; size >= 8; size -= 8, data += 8) {
        hash = rotate_left64(hash ^ xxh64_round(0, load64(data)), 27) * XXH64_PRIME1 + XXH64_PRIME4;
    }
    if (size >= 4) {
        hash = rotate_left64(hash ^ load32(data) * XXH64_PRIME1, 23) * XXH64_PRIME2 + XXH64_PRIME3;
        size -= 4;
        data += 4;
    }
    for (; size > 0; size--) {
        hash = rotate_left64(hash ^ *data++ * XXH64_PRIME5, 11) * XXH64_PRIME1;
    }
    hash = (hash ^ hash >> 33) * XXH64_PRIME2;
    hash = (hash ^ hash >> 29) * XXH64_PRIME3;
    return hash ^ hash >> 32;
}
