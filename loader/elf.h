// SPDX-License-Identifier: BSD-2-Clause
// ELF executables (System V ABI, chapters 4 and 5), 32 and 64 bit, as images to load.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/arena.h"
#include "loader/bytes.h"
#include "loader/error.h"
#include "loader/image.h"

enum { ELF_HEADER_BYTES = 64 }; /* the larger of the two headers */

/* The ELF header, checked; 32-bit fields widened. */
struct elf {
    bool is_64;
    bool entry_is_physical; /* the entry is PVH's, and not the header's */
    uint64_t entry;
    uint64_t program_headers_offset, section_headers_offset; /* in the file */
    uint32_t program_header_size, program_header_count;
    uint32_t section_header_size, section_header_count, section_names_index; /* count 0: none */
};

/* A section with bytes in the file that no segment loads: symbols, strings, debugging. */
struct elf_section {
    uint32_t index;
    uint64_t file_offset;
    uint32_t size;
    uint32_t alignment; /* a power of two */
};

struct elf_sections {
    struct elf_section *list; /* by index */
    size_t count;
};

/* Notes in the file. */
struct elf_notes {
    uint64_t file_offset, size, alignment; /* the bytes may lie beyond the file's end */
};

/* Whether the file starts with ELF's magic number. */
bool elf_recognise(struct bytes start);

/* Reads the header at the start of a file of file_size bytes. False with a reason: the file is no
   executable for the PC, or a header table lies outside it. */
bool elf_read_header(struct bytes start, uint64_t file_size, struct elf *elf, struct error *error);

/* A field of a program or section header: 32 bits at one offset or 64 bits at the other, by the
   file's class. */
uint64_t elf_word(const struct elf *elf, const uint8_t *header, unsigned offset_32,
                  unsigned offset_64);

/* Makes the image that the program headers describe: each PT_LOAD segment at its p_paddr. Unless
   elf->entry_is_physical, the entry point is translated from virtual to physical as in GRUB. It
   counts as physical if it is no virtual address of a segment's bytes from the file.

   program_headers: program_header_count * program_header_size bytes of the file. */
bool elf_image(const struct elf *elf, const uint8_t *program_headers, uint64_t file_size,
               struct image *image, struct arena *arena, struct error *error);

/* The sections that a Multiboot loader has to load besides the segments. section_headers:
   section_header_count * section_header_size bytes of the file. */
bool elf_unloaded_sections(const struct elf *elf, const uint8_t *section_headers,
                           uint64_t file_size, struct elf_sections *sections, struct arena *arena,
                           struct error *error);

/* Refuses a kernel with relocation sections, as GRUB does for Multiboot 2: nobody applies them. */
bool elf_check_no_relocations(const struct elf *elf, const uint8_t *section_headers,
                              struct error *error);

/* The notes in a segment or section, by its index in these headers. False: it is of another type.
 */
bool elf_segment_notes(const struct elf *elf, const uint8_t *program_headers, uint32_t index,
                       struct elf_notes *notes);
bool elf_section_notes(const struct elf *elf, const uint8_t *section_headers, uint32_t index,
                       struct elf_notes *notes);

/* Writes the address of a section that elf_unloaded_sections() found to its header (sh_addr). */
void elf_set_section_address(const struct elf *elf, uint8_t *section_headers, uint32_t index,
                             uint32_t address);
