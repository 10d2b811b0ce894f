// SPDX-License-Identifier: BSD-2-Clause
// The header of Multiboot 2 (loader/multiboot2.overlay.c) and the image of its address tag: any
// first bytes, up to 40, a file of any size.
#include "tests/proofs/prove.h"

#include "loader/image.c"
#include "loader/image_address_fields.overlay.c"
#include "loader/multiboot2.overlay.c"

int main(void)
{
    static const size_t sizes[] = {0, 15, 16, 23, 24, 31, 32, 40};
    struct arena arena = {0};
    struct error error;
    struct image image = {0};
    struct multiboot2_header header = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct bytes start = any_bytes(sizes[i]);
        multiboot2_is_present(start);
        if (multiboot2_find_header(start, &header, &error)) {
            multiboot2_address_image(&header, any_64(), &image, &arena, &error);
        }
    }
    return 0;
}
