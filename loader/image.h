// SPDX-License-Identifier: BSD-2-Clause
// What a kernel file asks to have in memory, whatever its format.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"

struct image_segment {
    uint32_t index; /* the program header, for messages */
    uint64_t file_offset;
    uint32_t file_size;   /* bytes from the file … */
    uint32_t memory_size; /* … and zeros behind up to this size; >= file_size, > 0 */
    uint32_t address;     /* physical */
};

enum image_format { IMAGE_ELF32, IMAGE_ELF64, IMAGE_ADDRESS_FIELDS };

struct image {
    enum image_format format;
    uint32_t entry; /* physical */
    struct image_segment *segments;
    size_t segment_count;
};
