// SPDX-License-Identifier: BSD-2-Clause
// The header of Multiboot 1 (loader/multiboot1.c) and the image of its address fields: any bytes,
// up to all that is searched; a file of any size.
#include "tests/proofs/prove.h"

#include "loader/image.c"
#include "loader/image_address_fields.overlay.c"
#include "loader/multiboot1.c"
#include "loader/multiboot1_image.overlay.c"

int main(void)
{
    static const size_t sizes[] = {0,  4,  11, 12, 13,   28,   31,   32,
                                   33, 44, 47, 48, 8191, 8192, 8203, MULTIBOOT1_START_BYTES};
    struct arena arena = {0};
    struct error error;
    struct image image = {0};
    struct multiboot1_header header = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct bytes start = any_bytes(sizes[i]);
        multiboot1_is_present(start);
        if (multiboot1_find_header(start, &header, &error)) {
            multiboot1_address_image(&header, any_64(), &image, &arena, &error);
        }
    }
    return 0;
}
