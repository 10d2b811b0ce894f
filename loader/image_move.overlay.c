// SPDX-License-Identifier: BSD-2-Clause
// See image.h: for relocatable images and entry address tags, which only Multiboot 2 has.
#include "loader/image.h"

bool image_contains(const struct image *image, uint32_t address)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];
        if (address >= segment->address && address - segment->address < segment->file_size) {
            return true;
        }
    }
    return false;
}

void image_move(struct image *image, uint32_t start)
{
    uint32_t before;
    uint64_t end;
    image_extent(image, &before, &end);
    for (size_t i = 0; i < image->segment_count; i++) {
        image->segments[i].address += start - before;
    }
    image->entry += start - before;
}
