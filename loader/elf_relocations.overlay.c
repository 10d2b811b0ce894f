// SPDX-License-Identifier: BSD-2-Clause
// See elf.h: for Multiboot 2 only.
#include "loader/elf.h"

enum { SH_TYPE = 4 /* offset */, SHT_RELA = 4, SHT_REL = 9 };

bool elf_check_no_relocations(const struct elf *elf, const uint8_t *section_headers,
                              struct error *error)
{
    for (uint32_t i = 0; i < elf->section_header_count; i++) {
        uint32_t type = load32(section_headers + i * elf->section_header_size + SH_TYPE);
        if (type == SHT_REL || type == SHT_RELA) {
            return fail(error, "section %u holds relocations: link without them", i);
        }
    }
    return true;
}
