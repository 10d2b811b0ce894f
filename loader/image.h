// SPDX-License-Identifier: BSD-2-Clause
// What a kernel file asks to have in memory, whatever its format.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/error.h"

struct image_segment {
    uint32_t index; /* the program header, for messages */
    uint64_t file_offset;
    uint32_t file_size;   /* bytes from the file */
    uint32_t memory_size; /* >= file_size, > 0; the rest is zeros */
    uint32_t address;     /* physical */
};

enum image_format { IMAGE_ELF32, IMAGE_ELF64, IMAGE_ADDRESS_FIELDS };

struct image {
    enum image_format format;
    uint32_t entry; /* physical */
    struct image_segment *segments;
    size_t segment_count;
};

/* The fields of a Multiboot header that say what part of the file is loaded where (Multiboot 1,
   3.1.3; Multiboot 2, 3.1.5 and 3.1.6). Addresses are physical. */
struct address_fields {
    uint32_t header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr;
};

/* Makes the image that address fields describe. Their header was found at header_offset in a file
   of file_size bytes. False with a reason: the fields contradict each other or the file. */
bool image_from_address_fields(const struct address_fields *fields, uint32_t header_offset,
                               uint64_t file_size, struct image *image, struct arena *arena,
                               struct error *error);

/* *start: the lowest address of the image. *end: the address after its last byte. */
void image_extent(const struct image *image, uint32_t *start, uint64_t *end);

/* Whether the address lies in the bytes of a segment that come from the file. */
bool image_contains(const struct image *image, uint32_t address);

/* Moves the whole image and its entry point, so that it starts at start and ends below 4 GiB. */
void image_move(struct image *image, uint32_t start);
