// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes Multiboot 2: reads any bytes as the start of a kernel of any size, and as tags after a
// valid header. Besides the sanitizers' checks: a refusal has a reason; an image is inside the file
// and below 4 GiB, its entry point is inside the image, and it moves only to free memory that its
// header allows.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "loader/multiboot2.h"

enum {
    SIZE_BYTES = 8, /* before the file: how much larger it is than the bytes that follow */
    HEADER_BYTES = 16,
    MIB = 1024 * 1024,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static struct memory_range ranges[] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
    {MIB, 255 * MIB, MEMORY_AVAILABLE},
    {UINT64_C(1) << 32, UINT64_C(1) << 32, MEMORY_AVAILABLE},
};
static const struct memory_map map = {ranges, 3, 3};

static void relocate(const struct multiboot2_header *header, struct image *image)
{
    const struct placement placement = {.map = &map};
    struct error error = {""};
    uint32_t start;
    uint64_t end;
    if (!multiboot2_relocate(header, &placement, image, &error)) {
        require(error.message[0] != 0);
        return;
    }
    require(image_contains(image, image->entry));
    if (multiboot2_has(header, MULTIBOOT2_RELOCATABLE)) {
        image_extent(image, &start, &end);
        require(start >= header->min_addr && end <= header->max_addr);
        require(header->align == 0 || start % header->align == 0);
        require(memory_map_available(&map, start, end - start, NULL));
    }
}

static void check_address_image(const struct multiboot2_header *header, uint64_t file_size)
{
    uint8_t memory[256];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct image image;
    struct error error = {""};
    if (!multiboot2_address_image(header, file_size, &image, &arena, &error)) {
        require(error.message[0] != 0);
        return;
    }
    const struct image_segment *segment = &image.segments[0];
    require(image.segment_count == 1 && segment->memory_size > 0);
    require(segment->file_size <= segment->memory_size);
    require(range_within(segment->file_offset, segment->file_size, file_size));
    require((uint64_t)segment->address + segment->memory_size <= UINT64_C(1) << 32);
    require(image_contains(&image, image.entry));
    relocate(header, &image);
}

static void check_elf_image(const struct multiboot2_header *header)
{
    struct image_segment segments[] = {
        {.address = 3 * MIB, .file_size = 0x1000, .memory_size = 0x1234},
        {.address = 2 * MIB, .file_size = 1, .memory_size = MIB}};
    struct image image = {.entry = 2 * MIB, .segments = segments, .segment_count = 2};
    struct error error = {""};
    if (!multiboot2_apply_entry(header, &image, &error)) {
        require(error.message[0] != 0);
        return;
    }
    relocate(header, &image);
}

static void read_kernel(const uint8_t *file, size_t size, uint64_t file_size)
{
    struct multiboot2_header header;
    struct error error = {""};
    if (!multiboot2_find_header((struct bytes){file, size}, &header, &error)) {
        require(error.message[0] != 0);
        return;
    }
    require(multiboot2_is_present((struct bytes){file, size}));
    require(header.file_offset <= MULTIBOOT2_SEARCH_BYTES - HEADER_BYTES);
    require(header.file_offset % MULTIBOOT2_HEADER_ALIGNMENT == 0);
    require(header.tags >> MULTIBOOT2_HEADER_TAGS == 0);
    if (multiboot2_has(&header, MULTIBOOT2_ADDRESS)) {
        check_address_image(&header, file_size);
    }
    check_elf_image(&header);
}

/* Uses the file as tags of a header with the right length. */
static void read_tags(const uint8_t *tags, size_t size, uint64_t file_size)
{
    uint32_t length = (uint32_t)(HEADER_BYTES + size);
    const uint32_t head[] = {MULTIBOOT2_HEADER_MAGIC, 0, length,
                             0u - MULTIBOOT2_HEADER_MAGIC - length};
    uint8_t *file = malloc(length);
    memcpy(file, head, HEADER_BYTES);
    if (size > 0) {
        memcpy(file + HEADER_BYTES, tags, size);
    }
    read_kernel(file, length, file_size);
    free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < SIZE_BYTES) {
        return 0;
    }
    uint64_t more = load64(data);
    size_t length = size - SIZE_BYTES;
    uint8_t *file = malloc(length); /* of just that size, for the sanitizer */
    if (length > 0) {
        memcpy(file, data + SIZE_BYTES, length);
    }
    uint64_t file_size = more < UINT64_MAX - length ? length + more : UINT64_MAX;
    read_kernel(file, length, file_size);
    read_tags(file, length, file_size);
    free(file);
    return 0;
}
