// SPDX-License-Identifier: BSD-2-Clause
// See image.h.
#include "loader/image.h"

void image_extent(const struct image *image, uint32_t *start, uint64_t *end)
{
    *start = UINT32_MAX;
    *end = 0;
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];
        uint64_t segment_end = (uint64_t)segment->address + segment->memory_size;
        *start = segment->address < *start ? segment->address : *start;
        *end = segment_end > *end ? segment_end : *end;
    }
}
