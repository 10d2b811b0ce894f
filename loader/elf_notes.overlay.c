// SPDX-License-Identifier: BSD-2-Clause
// See elf.h: for PVH only.
#include "loader/elf.h"

enum { PT_NOTE = 4, SHT_NOTE = 7 };

bool elf_segment_notes(const struct elf *elf, const uint8_t *program_headers, uint32_t index,
                       struct elf_notes *notes)
{
    const uint8_t *at = program_headers + index * elf->program_header_size;
    *notes = (struct elf_notes){elf_word(elf, at, 4, 8), elf_word(elf, at, 16, 32),
                                elf_word(elf, at, 28, 48)};
    return load32(at) == PT_NOTE;
}

bool elf_section_notes(const struct elf *elf, const uint8_t *section_headers, uint32_t index,
                       struct elf_notes *notes)
{
    const uint8_t *at = section_headers + index * elf->section_header_size;
    *notes = (struct elf_notes){elf_word(elf, at, 16, 24), elf_word(elf, at, 20, 32),
                                elf_word(elf, at, 32, 48)};
    return load32(at + 4) == SHT_NOTE;
}
