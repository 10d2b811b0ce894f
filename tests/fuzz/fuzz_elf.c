// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the ELF reader: reads any bytes as a kernel. Besides the sanitizers' checks: an accepted
// image is inside the file and below 4 GiB, and its entry point is inside the image.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "loader/elf.h"

enum { ARENA_BYTES = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

/* Copies the data to a block of just that size, so that the sanitizer sees a read beyond it. */
static uint8_t *copy_of(const uint8_t *data, uint64_t offset, size_t length)
{
    uint8_t *copy = calloc(length > 0 ? length : 1, 1);
    memcpy(copy, data + offset, length);
    return copy;
}

static void check_image(const struct image *image, size_t file_size)
{
    int entered = 0;
    require(image->segment_count > 0);
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];
        require(segment->memory_size > 0 && segment->file_size <= segment->memory_size);
        require(segment->file_size == 0 ||
                range_within(segment->file_offset, segment->file_size, file_size));
        require((uint64_t)segment->address + segment->memory_size <= UINT64_C(1) << 32);
        entered |= image->entry >= segment->address &&
                   image->entry - segment->address < segment->memory_size;
    }
    require(entered);
}

static void read_image(const struct elf *elf, const uint8_t *data, size_t size)
{
    static uint8_t memory[ARENA_BYTES];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct image image;
    struct error error = {""};
    size_t length = elf->program_header_count * elf->program_header_size;
    uint8_t *headers = copy_of(data, elf->program_headers_offset, length);
    if (elf_image(elf, headers, size, &image, &arena, &error)) {
        check_image(&image, size);
    } else {
        require(error.message[0] != 0);
    }
    free(headers);
}

static void read_sections(const struct elf *elf, const uint8_t *data, size_t size)
{
    static uint8_t memory[ARENA_BYTES];
    struct arena arena = {.base = memory, .size = sizeof memory};
    struct elf_sections sections;
    struct error error = {""};
    size_t length = elf->section_header_count * elf->section_header_size;
    uint64_t offset = length > 0 ? elf->section_headers_offset : 0;
    uint8_t *headers = copy_of(data, offset, length);
    if (elf_unloaded_sections(elf, headers, size, &sections, &arena, &error)) {
        for (size_t i = 0; i < sections.count; i++) {
            const struct elf_section *section = &sections.list[i];
            require(range_within(section->file_offset, section->size, size));
            require(section->size > 0 && section->alignment > 0);
            require((section->alignment & (section->alignment - 1)) == 0);
            elf_set_section_address(elf, headers, section->index, UINT32_MAX);
        }
    } else {
        require(error.message[0] != 0);
    }
    free(headers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf elf;
    struct error error = {""};
    size_t start_bytes = size < ELF_HEADER_BYTES ? size : ELF_HEADER_BYTES;
    uint8_t *start = copy_of(data, 0, start_bytes);
    if (elf_read_header((struct bytes){start, start_bytes}, size, &elf, &error)) {
        read_image(&elf, data, size);
        read_sections(&elf, data, size);
    } else {
        require(error.message[0] != 0);
    }
    free(start);
    return 0;
}
