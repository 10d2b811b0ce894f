// SPDX-License-Identifier: BSD-2-Clause
// See hash.h. The names of constants and variables are those of the specifications.
#include "stage2/hash/hash.h"

#include <stdbool.h>
#include <string.h>
#include "loader/bytes.h"
#include "stage2/compression/checksum.h"

static uint32_t rotate_left(uint32_t value, unsigned count)
{
    return value << count | value >> (32 - count);
}

static uint64_t rotate_right(uint64_t value, unsigned count)
{
    return value >> count | value << (64 - count);
}

static uint32_t big32(const uint8_t *at)
{
    return __builtin_bswap32(load32(at));
}

/* RFC 1321, 3.4. */
static void md5_block(uint32_t *state, const uint8_t *block)
{
    static const uint32_t t[64] = {
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
        0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
        0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
        0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
        0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
        0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
        0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244,
        0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
        0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
        0xeb86d391};
    static const uint8_t shifts[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    static const uint8_t steps[4] = {1, 5, 3, 7}; /* word number i * step + start */
    static const uint8_t starts[4] = {0, 1, 5, 0};
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (unsigned i = 0; i < 64; i++) {
        unsigned round = i / 16;
        uint32_t f = round == 0   ? (b & c) | (~b & d)
                     : round == 1 ? (b & d) | (c & ~d)
                     : round == 2 ? b ^ c ^ d
                                  : c ^ (b | ~d);
        unsigned word = (i * steps[round] + starts[round]) % 16;
        uint32_t sum = a + f + load32(block + 4 * (size_t)word) + t[i];
        a = d;
        d = c;
        c = b;
        b += rotate_left(sum, shifts[round][i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

/* FIPS 180-4, 6.1.2. */
static void sha1_block(uint32_t *state, const uint8_t *block)
{
    static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t w[80];
    for (size_t t = 0; t < 16; t++) {
        w[t] = big32(block + 4 * t);
    }
    for (size_t t = 16; t < 80; t++) {
        w[t] = rotate_left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (size_t t = 0; t < 80; t++) {
        uint32_t f = t < 20        ? (b & c) ^ (~b & d)
                     : t / 20 == 2 ? (b & c) ^ (b & d) ^ (c & d)
                                   : b ^ c ^ d;
        uint32_t sum = rotate_left(a, 5) + f + e + k[t / 20] + w[t];
        e = d;
        d = c;
        c = rotate_left(b, 30);
        b = a;
        a = sum;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

/* FIPS 180-4, 6.4.2. */
static void sha512_block(uint64_t *hash, const uint8_t *block)
{
    static const uint64_t k[80] = {
        0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
        0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
        0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
        0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
        0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
        0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
        0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
        0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
        0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
        0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
        0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
        0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
        0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
        0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
        0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
        0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
        0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
        0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
        0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
        0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};
    uint64_t w[80], s[8];
    for (size_t t = 0; t < 16; t++) {
        w[t] = __builtin_bswap64(load64(block + 8 * t));
    }
    for (size_t t = 16; t < 80; t++) {
        uint64_t x = w[t - 15], y = w[t - 2];
        w[t] = w[t - 16] + (rotate_right(x, 1) ^ rotate_right(x, 8) ^ x >> 7) + w[t - 7] +
               (rotate_right(y, 19) ^ rotate_right(y, 61) ^ y >> 6);
    }
    memcpy(s, hash, sizeof s); /* a to h */
    for (size_t t = 0; t < 80; t++) {
        uint64_t t1 = s[7] +
                      (rotate_right(s[4], 14) ^ rotate_right(s[4], 18) ^ rotate_right(s[4], 41)) +
                      ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[t] + w[t];
        uint64_t t2 = (rotate_right(s[0], 28) ^ rotate_right(s[0], 34) ^ rotate_right(s[0], 39)) +
                      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (size_t i = 0; i < 8; i++) {
        hash[i] += s[i];
    }
}

/* By kind: the bytes of a block and of the result, and of the words in it. */
static const struct shape {
    uint8_t block, digest, word;
    bool is_little;
} shapes[HASH_KINDS] = {
    [HASH_MD5] = {64, 16, 4, true},     [HASH_SHA1] = {64, 20, 4, false},
    [HASH_SHA256] = {64, 32, 4, false}, [HASH_SHA512] = {128, 64, 8, false},
    [HASH_CRC32] = {1, 4, 4, false},
};

static void add_block(struct hash *hash, const uint8_t *block)
{
    switch (hash->kind) {
    case HASH_MD5:
        md5_block(hash->state.words, block);
        break;
    case HASH_SHA1:
        sha1_block(hash->state.words, block);
        break;
    case HASH_SHA256:
        checksum_sha256_block(hash->state.words, block);
        break;
    default:
        sha512_block(hash->state.longs, block);
    }
}

void hash_start(struct hash *hash, enum hash_kind kind)
{
    static const uint32_t md5_and_sha1[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                                             0xc3d2e1f0};
    static const uint64_t sha512[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                       0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                       0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
    *hash = (struct hash){.kind = kind};
    if (kind == HASH_SHA512) {
        memcpy(hash->state.longs, sha512, sizeof sha512);
    } else if (kind == HASH_SHA256) { /* the upper halves of SHA-512's */
        for (size_t i = 0; i < 8; i++) {
            hash->state.words[i] = (uint32_t)(sha512[i] >> 32);
        }
    } else if (kind == HASH_CRC32) {
        hash->state.words[0] = UINT32_MAX;
    } else {
        memcpy(hash->state.words, md5_and_sha1, sizeof md5_and_sha1);
    }
}

void hash_add(struct hash *hash, const uint8_t *data, size_t size)
{
    size_t block = shapes[hash->kind].block;
    if (hash->kind == HASH_CRC32) {
        hash->state.words[0] = checksum_crc32_add(hash->state.words[0], data, size);
        return;
    }
    while (size > 0) {
        size_t used = (size_t)hash->length % block;
        size_t taken = size < block - used ? size : block - used;
        memcpy(hash->block + used, data, taken);
        hash->length += taken;
        data += taken;
        size -= taken;
        if (used + taken == block) {
            add_block(hash, hash->block);
        }
    }
}

/* Adds a one bit, zeros, and the length in bits in the block's last bytes. */
static void pad(struct hash *hash)
{
    const struct shape *shape = &shapes[hash->kind];
    size_t used = (size_t)hash->length % shape->block;
    uint64_t bits = hash->length * 8;
    memset(hash->block + used, 0, sizeof hash->block - used);
    hash->block[used] = 0x80;
    if (used + 1 + 2 * (size_t)shape->word > shape->block) {
        add_block(hash, hash->block);
        memset(hash->block, 0, sizeof hash->block);
    }
    for (size_t i = 0; i < 8; i++) {
        size_t place = shape->block - 1 - i;
        hash->block[shape->is_little ? shape->block - 8 + i : place] = (uint8_t)(bits >> 8 * i);
    }
    add_block(hash, hash->block);
}

size_t hash_end(struct hash *hash, uint8_t *digest)
{
    const struct shape *shape = &shapes[hash->kind];
    if (hash->kind == HASH_CRC32) {
        hash->state.words[0] = ~hash->state.words[0];
    } else {
        pad(hash);
    }
    for (size_t i = 0; i < shape->digest; i++) {
        size_t in_word = i % shape->word;
        uint64_t word = shape->word == 8 ? hash->state.longs[i / 8] : hash->state.words[i / 4];
        digest[i] = (uint8_t)(word >> 8 * (shape->is_little ? in_word : shape->word - 1 - in_word));
    }
    return shape->digest;
}
