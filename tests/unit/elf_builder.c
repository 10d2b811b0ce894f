// SPDX-License-Identifier: BSD-2-Clause
// See elf_builder.h.
#include "tests/unit/elf_builder.h"

#include <string.h>

enum {
    PROGRAM_HEADERS = 0x40,
    SECTION_HEADERS = 0x800,
    MOST_HEADERS = 16,
    PATTERN = 0xa5,
    MULTIBOOT1_MAGIC = 0x1badb002,
};

struct field {
    uint8_t offset_32, size_32, offset_64, size_64;
};

static const struct field fields[] = {
    [E_TYPE] = {16, 2, 16, 2},      [E_MACHINE] = {18, 2, 18, 2},  [E_VERSION] = {20, 4, 20, 4},
    [E_ENTRY] = {24, 4, 24, 8},     [E_PHOFF] = {28, 4, 32, 8},    [E_SHOFF] = {32, 4, 40, 8},
    [E_PHENTSIZE] = {42, 2, 54, 2}, [E_PHNUM] = {44, 2, 56, 2},    [E_SHENTSIZE] = {46, 2, 58, 2},
    [E_SHNUM] = {48, 2, 60, 2},     [E_SHSTRNDX] = {50, 2, 62, 2},
};

void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

void put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)value);
    put16(at + 2, (uint16_t)(value >> 16));
}

void put64(uint8_t *at, uint64_t value)
{
    put32(at, (uint32_t)value);
    put32(at + 4, (uint32_t)(value >> 32));
}

static void put_sized(uint8_t *at, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

void elf_put(struct built_elf *elf, enum elf_field field, uint64_t value)
{
    const struct field *where = &fields[field];
    put_sized(elf->data + (elf->is_64 ? where->offset_64 : where->offset_32),
              elf->is_64 ? where->size_64 : where->size_32, value);
}

void elf_build(struct built_elf *elf, bool is_64, uint64_t entry)
{
    memset(elf, 0, sizeof *elf);
    memset(elf->data + ELF_BUILT_CONTENTS, PATTERN, sizeof elf->data - ELF_BUILT_CONTENTS);
    elf->is_64 = is_64;
    elf->size = ELF_BUILT_SIZE;
    memcpy(elf->data, "\177ELF", 4);
    elf->data[4] = is_64 ? 2 : 1;
    elf->data[5] = 1; /* little-endian */
    elf->data[6] = 1; /* version */
    elf_put(elf, E_TYPE, 2);
    elf_put(elf, E_MACHINE, is_64 ? 62 : 3);
    elf_put(elf, E_VERSION, 1);
    elf_put(elf, E_ENTRY, entry);
    elf_put(elf, E_PHOFF, PROGRAM_HEADERS);
    elf_put(elf, E_PHENTSIZE, is_64 ? 56 : 32);
    elf_put(elf, E_SHOFF, SECTION_HEADERS);
    elf_put(elf, E_SHENTSIZE, is_64 ? 64 : 40);
}

/* Stores values of 4 bytes each, or of 8 if wide. */
static void put_row(uint8_t *at, const uint64_t *values, size_t count, unsigned size)
{
    for (size_t i = 0; i < count; i++) {
        put_sized(at + i * size, size, values[i]);
    }
}

static uint8_t *latest_segment(struct built_elf *elf)
{
    return elf->data + PROGRAM_HEADERS + (elf->segments - 1) * (elf->is_64 ? 56 : 32);
}

void elf_add_segment(struct built_elf *elf, uint64_t p_offset, uint64_t p_vaddr, uint64_t p_paddr,
                     uint64_t p_filesz, uint64_t p_memsz)
{
    const uint64_t row[] = {p_offset, p_vaddr, p_paddr, p_filesz, p_memsz};
    if (elf->segments == MOST_HEADERS) {
        return;
    }
    elf_put(elf, E_PHNUM, ++elf->segments);
    elf_put_segment_type(elf, 1);
    put_row(latest_segment(elf) + (elf->is_64 ? 8 : 4), row, 5, elf->is_64 ? 8 : 4);
}

void elf_put_segment_type(struct built_elf *elf, uint32_t p_type)
{
    put32(latest_segment(elf), p_type);
}

void elf_add_section(struct built_elf *elf, uint32_t sh_type, uint64_t sh_flags, uint64_t sh_addr,
                     uint64_t sh_offset, uint64_t sh_size, uint64_t sh_addralign)
{
    const uint64_t row[] = {sh_flags, sh_addr, sh_offset, sh_size};
    unsigned word = elf->is_64 ? 8 : 4;
    uint8_t *at = elf->data + SECTION_HEADERS + elf->sections * (elf->is_64 ? 64 : 40);
    if (elf->sections == MOST_HEADERS) {
        return;
    }
    elf_put(elf, E_SHNUM, ++elf->sections);
    put32(at + 4, sh_type);
    put_row(at + 8, row, 4, word);
    put_sized(at + 8 + 4 * word + 8, word, sh_addralign); /* after sh_link and sh_info */
}

void elf_put_multiboot1(struct built_elf *elf, uint32_t flags)
{
    put32(elf->data + ELF_BUILT_MULTIBOOT, MULTIBOOT1_MAGIC);
    put32(elf->data + ELF_BUILT_MULTIBOOT + 4, flags);
    put32(elf->data + ELF_BUILT_MULTIBOOT + 8, 0u - MULTIBOOT1_MAGIC - flags);
}
