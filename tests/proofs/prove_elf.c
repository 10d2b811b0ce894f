// SPDX-License-Identifier: BSD-2-Clause
// ELF (loader/elf.c): any header, cut or not; then any program headers and section headers, up to
// two of each, of a file of any size.
#include "tests/proofs/prove.h"

#include "loader/elf.c"
#include "loader/image.c"

enum { MOST_HEADERS = 2, MOST_HEADER_BYTES = 64 };

static uint8_t headers[MOST_HEADERS * MOST_HEADER_BYTES];

/* What follows a header that was accepted, for files with this many program and section headers. */
static void use(struct elf elf, uint64_t file_size, uint32_t segments, uint32_t section_count)
{
    struct arena arena = {0};
    struct error error;
    struct image image;
    struct elf_sections sections;
    elf.program_header_count = segments;
    elf.section_header_count = section_count;
    elf.program_header_size = any_size(PHDR32_SIZE, MOST_HEADER_BYTES);
    elf.section_header_size = any_size(SHDR32_SIZE, MOST_HEADER_BYTES);
    elf_image(&elf, headers, file_size, &image, &arena, &error);
    elf_unloaded_sections(&elf, headers, file_size, &sections, &arena, &error);
}

int main(void)
{
    static const size_t sizes[] = {0, 3, 4, 51, 52, 63, 64};
    struct error error;
    struct elf elf = {0};
    uint64_t file_size = any_64();
    ANY(headers);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        elf_read_header(any_bytes(sizes[i]), file_size, &elf, &error);
    }
    for (uint32_t segments = 0; segments <= MOST_HEADERS; segments++) {
        for (uint32_t section_count = 0; section_count <= MOST_HEADERS; section_count++) {
            use(elf, file_size, segments, section_count);
        }
    }
    return 0;
}
