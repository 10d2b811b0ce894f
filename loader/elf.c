// SPDX-License-Identifier: BSD-2-Clause
// See elf.h. Field names are the System V ABI's.
#include "loader/elf.h"

#include <string.h>

enum {
    EI_CLASS = 4,
    EI_DATA = 5,
    ELFCLASS32 = 1,
    ELFCLASS64 = 2,
    ELFDATA2LSB = 1,
    EV_CURRENT = 1,
    ET_EXEC = 2,
    ET_DYN = 3,
    EM_386 = 3,
    EM_X86_64 = 62,
    PT_LOAD = 1,
    SHT_NULL = 0,
    SHT_NOBITS = 8,
    SHF_ALLOC = 2,

    EHDR32_SIZE = 52,
    EHDR64_SIZE = 64,
    PHDR32_SIZE = 32,
    PHDR64_SIZE = 56,
    SHDR32_SIZE = 40,
    SHDR64_SIZE = 64,
    SH_ADDR_32 = 12, /* offsets of sh_addr */
    SH_ADDR_64 = 16,
    MAX_ALIGNMENT = 4096,
};

#define FOUR_GIB (UINT64_C(1) << 32)

struct program_header {
    uint32_t p_type;
    uint64_t p_offset, p_vaddr, p_paddr, p_filesz, p_memsz;
};

struct section_header {
    uint32_t sh_type;
    uint64_t sh_flags, sh_addr, sh_offset, sh_size, sh_addralign;
};

bool elf_recognise(struct bytes start)
{
    return start.size >= 4 && memcmp(start.data,
                                     "\x7f"
                                     "ELF",
                                     4) == 0;
}

static bool check_identification(const uint8_t *ident, struct error *error)
{
    if (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64) {
        return fail(error, "ELF class %u is neither 32 nor 64 bit", ident[EI_CLASS]);
    }
    if (ident[EI_DATA] != ELFDATA2LSB) {
        return fail(error, "ELF file is not little-endian: not for the PC");
    }
    return true; /* EI_VERSION is ignored, as in GRUB: e_version says the same */
}

static bool check_type(const uint8_t *ehdr, struct error *error)
{
    uint16_t e_type = load16(ehdr + 16);
    uint16_t e_machine = load16(ehdr + 18);
    if (e_machine != EM_386 && e_machine != EM_X86_64) {
        return fail(error, "ELF machine %u is not the PC (%u or %u)", e_machine, EM_386, EM_X86_64);
    }
    if (e_type != ET_EXEC && e_type != ET_DYN) { /* ET_DYN is not moved, as in GRUB */
        return fail(error, "ELF type %u is not an executable (%u or %u)", e_type, ET_EXEC, ET_DYN);
    }
    if (load32(ehdr + 20) != EV_CURRENT) {
        return fail(error, "ELF version %u is unknown", load32(ehdr + 20));
    }
    return true;
}

static void read_fields(const uint8_t *ehdr, struct elf *elf)
{
    const uint8_t *counts; /* e_ehsize and what follows */
    elf->is_64 = ehdr[EI_CLASS] == ELFCLASS64;
    elf->entry_is_physical = false;
    if (elf->is_64) {
        elf->entry = load64(ehdr + 24);
        elf->program_headers_offset = load64(ehdr + 32);
        elf->section_headers_offset = load64(ehdr + 40);
        counts = ehdr + 52;
    } else {
        elf->entry = load32(ehdr + 24);
        elf->program_headers_offset = load32(ehdr + 28);
        elf->section_headers_offset = load32(ehdr + 32);
        counts = ehdr + 40;
    }
    elf->program_header_size = load16(counts + 2);
    elf->program_header_count = load16(counts + 4);
    elf->section_header_size = load16(counts + 6);
    elf->section_header_count = load16(counts + 8);
    elf->section_names_index = load16(counts + 10);
}

static bool check_tables(const struct elf *elf, uint64_t file_size, struct error *error)
{
    if (elf->program_header_count == 0) {
        return fail(error, "ELF file has no program headers: it is not linked");
    }
    if (elf->program_header_size < (elf->is_64 ? PHDR64_SIZE : PHDR32_SIZE)) {
        return fail(error, "ELF program headers of %u bytes are too small",
                    elf->program_header_size);
    }
    if (!range_within(elf->program_headers_offset,
                      elf->program_header_count * elf->program_header_size, file_size)) {
        return fail(error, "%u ELF program headers at offset 0x%llx lie beyond the end of the file",
                    elf->program_header_count, (unsigned long long)elf->program_headers_offset);
    }
    if (elf->section_header_count == 0) {
        return true;
    }
    if (elf->section_header_size < (elf->is_64 ? SHDR64_SIZE : SHDR32_SIZE)) {
        return fail(error, "ELF section headers of %u bytes are too small",
                    elf->section_header_size);
    }
    if (!range_within(elf->section_headers_offset,
                      elf->section_header_count * elf->section_header_size, file_size)) {
        return fail(error, "%u ELF section headers at offset 0x%llx lie beyond the end of the file",
                    elf->section_header_count, (unsigned long long)elf->section_headers_offset);
    }
    if (elf->section_names_index >= elf->section_header_count) {
        return fail(error, "ELF section name table %u is not one of the %u sections",
                    elf->section_names_index, elf->section_header_count);
    }
    return true;
}

bool elf_read_header(struct bytes start, uint64_t file_size, struct elf *elf, struct error *error)
{
    if (!elf_recognise(start)) {
        return fail(error, "not an ELF file");
    }
    if (start.size < EHDR32_SIZE ||
        (start.data[EI_CLASS] == ELFCLASS64 && start.size < EHDR64_SIZE)) {
        return fail(error, "ELF header is cut short");
    }
    if (!check_identification(start.data, error) || !check_type(start.data, error)) {
        return false;
    }
    read_fields(start.data, elf);
    return check_tables(elf, file_size, error);
}

uint64_t elf_word(const struct elf *elf, const uint8_t *header, unsigned offset_32,
                  unsigned offset_64)
{
    return elf->is_64 ? load64(header + offset_64) : load32(header + offset_32);
}

static struct program_header read_program_header(const struct elf *elf, const uint8_t *at)
{
    return (struct program_header){
        .p_type = load32(at),
        .p_offset = elf_word(elf, at, 4, 8),
        .p_vaddr = elf_word(elf, at, 8, 16),
        .p_paddr = elf_word(elf, at, 12, 24),
        .p_filesz = elf_word(elf, at, 16, 32),
        .p_memsz = elf_word(elf, at, 20, 40),
    };
}

static bool check_segment(const struct program_header *header, uint32_t index, uint64_t file_size,
                          struct error *error)
{
    if (header->p_filesz > header->p_memsz) {
        return fail(error, "segment %u has more bytes in the file (0x%llx) than in memory (0x%llx)",
                    index, (unsigned long long)header->p_filesz,
                    (unsigned long long)header->p_memsz);
    }
    if (header->p_filesz != 0 && !range_within(header->p_offset, header->p_filesz, file_size)) {
        return fail(error,
                    "segment %u (0x%llx bytes at offset 0x%llx) lies beyond the end of the file: "
                    "is it cut short?",
                    index, (unsigned long long)header->p_filesz,
                    (unsigned long long)header->p_offset);
    }
    if (header->p_memsz >= FOUR_GIB || !range_within(header->p_paddr, header->p_memsz, FOUR_GIB)) {
        return fail(error, "segment %u (0x%llx bytes at 0x%llx) does not lie below 4 GiB", index,
                    (unsigned long long)header->p_memsz, (unsigned long long)header->p_paddr);
    }
    return true;
}

enum address_kind { VIRTUAL, PHYSICAL };

/* Takes the entry point as an address of this kind. Looks for the first segment that has it in its
   bytes from the file, and sets image->entry to its physical address. Sets *in_zeros if a segment
   has it in its zeros. */
static bool find_entry_as(enum address_kind kind, const struct elf *elf, const uint8_t *headers,
                          struct image *image, bool *in_zeros)
{
    for (uint32_t i = 0; i < elf->program_header_count; i++) {
        struct program_header header =
            read_program_header(elf, headers + i * elf->program_header_size);
        uint64_t start = kind == VIRTUAL ? header.p_vaddr : header.p_paddr;
        uint64_t offset = elf->entry - start;
        if (header.p_type != PT_LOAD || elf->entry < start || offset >= header.p_memsz) {
            continue;
        }
        if (offset < header.p_filesz) {
            image->entry = (uint32_t)(header.p_paddr + offset);
            return true;
        }
        *in_zeros = true;
    }
    return false;
}

/* The entry point of Multiboot is virtual, as in GRUB. If that fits no segment, the linker was told
   a physical one. */
static bool find_entry(const struct elf *elf, const uint8_t *headers, struct image *image,
                       struct error *error)
{
    bool in_zeros = false;
    return (!elf->entry_is_physical && find_entry_as(VIRTUAL, elf, headers, image, &in_zeros)) ||
           find_entry_as(PHYSICAL, elf, headers, image, &in_zeros) ||
           fail(error, "entry point 0x%llx lies %s", (unsigned long long)elf->entry,
                in_zeros ? "where the file has no bytes (.bss)" : "in no segment");
}

bool elf_image(const struct elf *elf, const uint8_t *program_headers, uint64_t file_size,
               struct image *image, struct arena *arena, struct error *error)
{
    *image = (struct image){.format = elf->is_64 ? IMAGE_ELF64 : IMAGE_ELF32};
    image->segments = ARENA_ARRAY(arena, elf->program_header_count, struct image_segment);
    if (image->segments == NULL) {
        return fail(error, "%u program headers are too many", elf->program_header_count);
    }
    for (uint32_t i = 0; i < elf->program_header_count; i++) {
        struct program_header header =
            read_program_header(elf, program_headers + i * elf->program_header_size);
        if (header.p_type != PT_LOAD || (header.p_memsz == 0 && header.p_filesz == 0)) {
            continue;
        }
        if (!check_segment(&header, i, file_size, error)) {
            return false;
        }
        image->segments[image->segment_count++] = (struct image_segment){
            .index = i,
            .file_offset = header.p_offset,
            .file_size = (uint32_t)header.p_filesz,
            .memory_size = (uint32_t)header.p_memsz,
            .address = (uint32_t)header.p_paddr,
        };
    }
    if (image->segment_count == 0) {
        return fail(error, "ELF file has no segment to load");
    }
    return find_entry(elf, program_headers, image, error);
}

static struct section_header read_section_header(const struct elf *elf, const uint8_t *at)
{
    return (struct section_header){
        .sh_type = load32(at + 4),
        .sh_flags = elf_word(elf, at, 8, 8),
        .sh_addr = elf_word(elf, at, SH_ADDR_32, SH_ADDR_64),
        .sh_offset = elf_word(elf, at, 16, 24),
        .sh_size = elf_word(elf, at, 20, 32),
        .sh_addralign = elf_word(elf, at, 32, 48),
    };
}

static bool is_unloaded(const struct section_header *header)
{
    return header->sh_type != SHT_NULL && header->sh_type != SHT_NOBITS && header->sh_size != 0 &&
           (header->sh_flags & SHF_ALLOC) == 0 && header->sh_addr == 0;
}

static uint32_t usable_alignment(uint64_t alignment)
{
    bool is_power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
    if (!is_power_of_two) {
        return 1;
    }
    return alignment < MAX_ALIGNMENT ? (uint32_t)alignment : MAX_ALIGNMENT;
}

bool elf_unloaded_sections(const struct elf *elf, const uint8_t *section_headers,
                           uint64_t file_size, struct elf_sections *sections, struct arena *arena,
                           struct error *error)
{
    sections->count = 0;
    sections->list = ARENA_ARRAY(arena, elf->section_header_count, struct elf_section);
    if (sections->list == NULL) {
        return fail(error, "%u section headers are too many", elf->section_header_count);
    }
    for (uint32_t i = 0; i < elf->section_header_count; i++) {
        struct section_header header =
            read_section_header(elf, section_headers + i * elf->section_header_size);
        if (!is_unloaded(&header)) {
            continue;
        }
        if (!range_within(header.sh_offset, header.sh_size, file_size) ||
            header.sh_size >= FOUR_GIB) {
            return fail(
                error, "section %u (0x%llx bytes at offset 0x%llx) lies beyond the end of the file",
                i, (unsigned long long)header.sh_size, (unsigned long long)header.sh_offset);
        }
        sections->list[sections->count++] = (struct elf_section){
            .index = i,
            .file_offset = header.sh_offset,
            .size = (uint32_t)header.sh_size,
            .alignment = usable_alignment(header.sh_addralign),
        };
    }
    return true;
}

void elf_set_section_address(const struct elf *elf, uint8_t *section_headers, uint32_t index,
                             uint32_t address)
{
    uint8_t *at =
        section_headers + index * elf->section_header_size + (elf->is_64 ? SH_ADDR_64 : SH_ADDR_32);
    memcpy(at, &address, sizeof address); /* ELF64's upper half is 0, as sh_addr was */
}
