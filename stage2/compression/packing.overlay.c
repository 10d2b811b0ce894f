// SPDX-License-Identifier: BSD-2-Clause
// See packing.h.
#include "stage2/compression/packing.h"

#include <string.h>

/* Of 16 numbers, the last digit is the user's (LZ4 frame format, "Skippable Frames"). */
#define SKIPPABLE_MAGIC 0x184d2a50u
#define SKIPPABLE_MASK  0xfffffff0u

enum packing packing_of(struct bytes start)
{
    static const struct {
        uint8_t packing;
        uint8_t size;
        uint8_t magic[PACKING_MAGIC_BYTES];
    } magics[] = {
        {PACKING_GZIP, 3, {0x1f, 0x8b, 8}},
        {PACKING_XZ, 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
        {PACKING_LZ4, 4, {0x04, 0x22, 0x4d, 0x18}},
        {PACKING_LZ4, 4, {0x02, 0x21, 0x4c, 0x18}}, /* the older format */
        {PACKING_ZSTD, 4, {0x28, 0xb5, 0x2f, 0xfd}},
        {PACKING_LZOP, 4, {0x89, 'L', 'Z', 'O'}},
        {PACKING_BZIP2, 3, {'B', 'Z', 'h'}},
    };
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        if (start.size >= magics[i].size &&
            memcmp(start.data, magics[i].magic, magics[i].size) == 0) {
            return magics[i].packing;
        }
    }
    bool skippable = start.size >= 4 && (load32(start.data) & SKIPPABLE_MASK) == SKIPPABLE_MAGIC;
    return skippable ? PACKING_SKIPPABLE : PACKING_NONE;
}
