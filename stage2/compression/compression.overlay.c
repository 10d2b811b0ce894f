// SPDX-License-Identifier: BSD-2-Clause
// See compression.h.
#include "stage2/compression/compression.h"

#include <string.h>

/* 16 magic numbers, whose last digit is free (LZ4 frame format, "Skippable Frames"). */
#define SKIPPABLE_MAGIC 0x184d2a50u
#define SKIPPABLE_MASK  0xfffffff0u

enum compression compression_of(struct bytes start)
{
    static const struct {
        uint8_t compression;
        uint8_t size;
        uint8_t magic[COMPRESSION_MAGIC_BYTES];
    } magics[] = {
        {COMPRESSION_GZIP, 3, {0x1f, 0x8b, 8}},
        {COMPRESSION_XZ, 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
        {COMPRESSION_LZ4, 4, {0x04, 0x22, 0x4d, 0x18}},
        {COMPRESSION_LZ4, 4, {0x02, 0x21, 0x4c, 0x18}}, /* the older format */
        {COMPRESSION_ZSTD, 4, {0x28, 0xb5, 0x2f, 0xfd}},
        {COMPRESSION_LZOP, 4, {0x89, 'L', 'Z', 'O'}},
        {COMPRESSION_BZIP2, 3, {'B', 'Z', 'h'}},
    };
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        if (start.size >= magics[i].size &&
            memcmp(start.data, magics[i].magic, magics[i].size) == 0) {
            return magics[i].compression;
        }
    }
    bool skippable = start.size >= 4 && (load32(start.data) & SKIPPABLE_MASK) == SKIPPABLE_MAGIC;
    return skippable ? COMPRESSION_SKIPPABLE : COMPRESSION_NONE;
}
