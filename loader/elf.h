// SPDX-License-Identifier: BSD-2-Clause
// ELF executables (System V ABI, chapters 4 and 5), 32 and 64 bit, as images to load.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/bytes.h"
#include "loader/error.h"
#include "loader/image.h"

enum { ELF_HEADER_BYTES = 64 }; /* the larger of the two headers */

/* The ELF header, checked; 32-bit fields widened. */
struct elf {
    bool is_64;
    uint64_t entry;
    uint64_t program_headers_offset, section_headers_offset; /* in the file */
    uint32_t program_header_size, program_header_count;
    uint32_t section_header_size, section_header_count, section_names_index;
};

/* Reads the header at the start of a file of file_size bytes: executable for the PC, its program
   headers inside the file. */
bool elf_read_header(struct bytes start, uint64_t file_size, struct elf *elf, struct error *error);

/* The image that the program headers (program_header_count * program_header_size bytes from
   the file) describe: PT_LOAD by p_paddr; the entry point translated as GRUB does,
   or taken as physical where it only fits that way. */
bool elf_image(const struct elf *elf, struct bytes program_headers, uint64_t file_size,
               struct image *image, struct arena *arena, struct error *error);
