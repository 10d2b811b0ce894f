// SPDX-License-Identifier: BSD-2-Clause
// Builds valid and invalid ELF executables in memory, for tests of code that reads them (System V
// ABI, chapters 4 and 5).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ELF_BUILT_BYTES = 0x4000,    /* the largest file */
    ELF_BUILT_MULTIBOOT = 0x400, /* where elf_put_multiboot1() puts the header */
    ELF_BUILT_CONTENTS = 0x1000, /* the first byte that tests may use */
    ELF_BUILT_SIZE = 0x2000,     /* the size of the file, unless a test changes .size */
};

struct built_elf {
    bool is_64;
    size_t size;
    uint16_t segments, sections;
    uint8_t data[ELF_BUILT_BYTES];
};

enum elf_field {
    E_TYPE,
    E_MACHINE,
    E_VERSION,
    E_ENTRY,
    E_PHOFF,
    E_SHOFF,
    E_PHENTSIZE,
    E_PHNUM,
    E_SHENTSIZE,
    E_SHNUM,
    E_SHSTRNDX,
};

/* Makes an executable without segments and sections, filled with a pattern. */
void elf_build(struct built_elf *elf, bool is_64, uint64_t entry);

/* Sets a field of the ELF header. */
void elf_put(struct built_elf *elf, enum elf_field field, uint64_t value);

/* Adds a program header of type PT_LOAD. */
void elf_add_segment(struct built_elf *elf, uint64_t p_offset, uint64_t p_vaddr, uint64_t p_paddr,
                     uint64_t p_filesz, uint64_t p_memsz);

/* Changes the type of the latest program header. */
void elf_put_segment_type(struct built_elf *elf, uint32_t p_type);

/* Adds a section header; the first one (index 0) must be all zeros. */
void elf_add_section(struct built_elf *elf, uint32_t sh_type, uint64_t sh_flags, uint64_t sh_addr,
                     uint64_t sh_offset, uint64_t sh_size, uint64_t sh_addralign);

/* Puts in a Multiboot 1 header with these flags, all its other fields 0. */
void elf_put_multiboot1(struct built_elf *elf, uint32_t flags);

/* Little-endian stores. */
void put16(uint8_t *at, uint16_t value);
void put32(uint8_t *at, uint32_t value);
void put64(uint8_t *at, uint64_t value);
