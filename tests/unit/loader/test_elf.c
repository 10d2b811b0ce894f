// SPDX-License-Identifier: BSD-2-Clause
// ELF files, right and wrong, through loader/elf.h (System V ABI, chapters 4 and 5). Each test runs
// on ELF32 and on ELF64.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "loader/elf.h"
#include "tests/unit/elf_builder.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum {
    ARENA_BYTES = 64 * 1024,
    MIB = 1024 * 1024,
    SHT_PROGBITS = 1,
    SHT_STRTAB = 3,
    SHT_NOBITS = 8,
    SHF_ALLOC = 2,
};

static struct built_elf file;
static uint8_t arena_memory[ARENA_BYTES];
static struct arena arena;
static struct elf elf;
static struct image image;
static struct error error;

/* An ordinary kernel: one segment at 1 MiB, entered at its start. */
static void build(int is_64)
{
    arena = (struct arena){arena_memory, sizeof arena_memory, 0};
    memset(&error, 0, sizeof error);
    elf_build(&file, is_64 != 0, MIB);
    elf_add_segment(&file, 0x1000, MIB, MIB, 0x800, 0x900);
}

/* An ELF header without program headers. */
static void build_empty(int is_64, uint64_t entry)
{
    build(is_64);
    elf_build(&file, is_64 != 0, entry);
}

/* Copies the start of the file to a block of just that size, so that the sanitizer sees a read
   beyond it. */
static bool read_header_of(size_t start_bytes)
{
    uint8_t *start = malloc(start_bytes);
    memcpy(start, file.data, start_bytes);
    bool is_read = elf_read_header((struct bytes){start, start_bytes}, file.size, &elf, &error);
    free(start);
    return is_read;
}

static bool read_image(void)
{
    if (!read_header_of(ELF_HEADER_BYTES)) {
        return false;
    }
    size_t length = elf.program_header_count * elf.program_header_size;
    uint8_t *headers = malloc(length);
    memcpy(headers, file.data + elf.program_headers_offset, length);
    bool is_read = elf_image(&elf, headers, file.size, &image, &arena, &error);
    free(headers);
    return is_read;
}

static void assert_refused(bool accepted, const char *reason)
{
    assert_false(accepted);
    if (strstr(error.message, reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, reason);
    }
    assert_null(strchr(error.message, '\n'));
}

static void assert_image_refused(const char *reason)
{
    assert_refused(read_image(), reason);
}

static void assert_entry(uint32_t entry)
{
    if (!read_image()) {
        fail_msg("refused: %s", error.message);
    }
    assert_int_equal(image.entry, entry);
}

/* ---- The header. */

static void an_ordinary_kernel_is_one_segment_with_its_zeros(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        assert_entry(MIB);
        assert_int_equal(image.format, is_64 ? IMAGE_ELF64 : IMAGE_ELF32);
        assert_int_equal(image.segment_count, 1);
        assert_int_equal(image.segments[0].address, MIB);
        assert_int_equal(image.segments[0].file_offset, 0x1000);
        assert_int_equal(image.segments[0].file_size, 0x800);
        assert_int_equal(image.segments[0].memory_size, 0x900);
    }
}

static void a_file_is_recognised_by_all_four_bytes_of_the_magic_number(void **state)
{
    (void)state;
    build(0);
    assert_true(elf_recognise((struct bytes){file.data, 4}));
    assert_false(elf_recognise((struct bytes){file.data, 3}));
    assert_false(elf_recognise((struct bytes){NULL, 0}));
    for (size_t i = 0; i < 4; i++) {
        build(0);
        file.data[i] ^= 1;
        assert_false(elf_recognise((struct bytes){file.data, file.size}));
        assert_refused(read_header_of(ELF_HEADER_BYTES), "not an ELF file");
    }
}

static void a_header_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        size_t whole = is_64 ? 64 : 52;
        assert_true(read_header_of(whole));
        for (size_t length = 4; length < whole; length++) {
            assert_refused(read_header_of(length), "cut short");
        }
    }
}

static void a_class_that_is_neither_32_nor_64_bit_is_refused(void **state)
{
    (void)state;
    build(0);
    file.data[4] = 0;
    assert_refused(read_header_of(ELF_HEADER_BYTES), "ELF class 0");
    file.data[4] = 3;
    assert_refused(read_header_of(ELF_HEADER_BYTES), "ELF class 3");
}

static void a_big_endian_file_is_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        file.data[5] = 2;
        assert_refused(read_header_of(ELF_HEADER_BYTES), "not little-endian");
    }
}

static void an_unknown_version_is_refused_unless_only_the_identification_has_it(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        file.data[6] = 7;
        assert_true(read_header_of(ELF_HEADER_BYTES));
        elf_put(&file, E_VERSION, 9);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "ELF version 9");
    }
}

static void a_kernel_for_another_machine_is_refused_by_number(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_put(&file, E_MACHINE, 40); /* EM_ARM */
        assert_refused(read_header_of(ELF_HEADER_BYTES), "ELF machine 40");
        elf_put(&file, E_MACHINE, 183); /* EM_AARCH64 */
        assert_refused(read_header_of(ELF_HEADER_BYTES), "ELF machine 183");
    }
}

static void either_class_may_hold_code_of_either_pc_machine(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_put(&file, E_MACHINE, is_64 ? 3 : 62);
        assert_entry(MIB);
    }
}

static void object_and_core_files_are_refused_by_number(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_put(&file, E_TYPE, 1); /* ET_REL */
        assert_refused(read_header_of(ELF_HEADER_BYTES), "ELF type 1");
        elf_put(&file, E_TYPE, 4); /* ET_CORE */
        assert_refused(read_header_of(ELF_HEADER_BYTES), "ELF type 4");
        elf_put(&file, E_TYPE, 0);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "ELF type 0");
    }
}

static void a_position_independent_executable_stands_where_it_is_linked_as_under_grub(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_put(&file, E_TYPE, 3); /* ET_DYN */
        assert_entry(MIB);
        assert_int_equal(image.segments[0].address, MIB);
    }
}

/* ---- The tables. */

static void a_file_without_program_headers_is_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_put(&file, E_PHNUM, 0);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "no program headers");
    }
}

static void program_headers_may_be_larger_than_the_abi_s_but_not_smaller(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_put(&file, E_PHENTSIZE, 0);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "program headers of 0 bytes");
        elf_put(&file, E_PHENTSIZE, is_64 ? 55 : 31);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "too small");
        elf_put(&file, E_PHENTSIZE, is_64 ? 57 : 33); /* odd, but of one header only */
        assert_entry(MIB);
    }
}

static void program_headers_outside_the_file_are_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        size_t entry = is_64 ? 56 : 32;
        build(is_64);
        elf_put(&file, E_PHOFF, file.size - entry);
        assert_true(read_header_of(ELF_HEADER_BYTES));
        elf_put(&file, E_PHOFF, file.size - entry + 1);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "beyond the end of the file");
        elf_put(&file, E_PHOFF, UINT64_MAX);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "beyond the end of the file");
        elf_put(&file, E_PHOFF, UINT64_MAX - entry + 1); /* the end wraps to 0 */
        assert_refused(read_header_of(ELF_HEADER_BYTES), "beyond the end of the file");
    }
}

static void program_headers_after_the_first_8_kib_are_found(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        file.size = 0x3000;
        memcpy(file.data + 0x2100, file.data + 0x40, 64);
        elf_put(&file, E_PHOFF, 0x2100);
        assert_entry(MIB);
    }
}

static void sixty_five_thousand_program_headers_are_refused_unread(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_put(&file, E_PHNUM, 0xffff);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "65535 ELF program headers");
        assert_true(
            elf_read_header((struct bytes){file.data, ELF_HEADER_BYTES}, UINT32_MAX, &elf, &error));
        uint8_t *headers = calloc(0xffff, elf.program_header_size);
        assert_refused(elf_image(&elf, headers, UINT32_MAX, &image, &arena, &error),
                       "65535 program headers are too many");
        free(headers);
    }
}

static void a_section_table_outside_the_file_is_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_add_section(&file, 0, 0, 0, 0, 0, 0);
        elf_put(&file, E_SHOFF, file.size - 1);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "section headers at offset");
        elf_put(&file, E_SHOFF, UINT64_MAX);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "beyond the end of the file");
        build(is_64);
        elf_put(&file, E_SHNUM, 0xffff);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "65535 ELF section headers");
    }
}

static void section_headers_smaller_than_the_abi_s_are_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_add_section(&file, 0, 0, 0, 0, 0, 0);
        elf_put(&file, E_SHENTSIZE, 0);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "section headers of 0 bytes");
        elf_put(&file, E_SHENTSIZE, is_64 ? 63 : 39);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "too small");
    }
}

static void a_name_table_that_is_no_section_is_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_add_section(&file, 0, 0, 0, 0, 0, 0);
        elf_add_section(&file, SHT_STRTAB, 0, 0, 0x1000, 1, 1);
        elf_put(&file, E_SHSTRNDX, 1);
        assert_true(read_header_of(ELF_HEADER_BYTES));
        elf_put(&file, E_SHSTRNDX, 2);
        assert_refused(read_header_of(ELF_HEADER_BYTES), "section name table 2");
    }
}

static void without_sections_the_other_fields_of_the_table_do_not_matter(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_put(&file, E_SHOFF, UINT64_MAX);
        elf_put(&file, E_SHENTSIZE, 1);
        elf_put(&file, E_SHSTRNDX, 0xffff);
        assert_entry(MIB);
        assert_int_equal(elf.section_header_count, 0);
    }
}

/* ---- Segments. */

static void a_file_without_a_segment_to_load_is_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_put_segment_type(&file, 4); /* PT_NOTE */
        assert_image_refused("no segment to load");
        build_empty(is_64, MIB);
        elf_add_segment(&file, 0x1000, MIB, MIB, 0, 0);
        assert_image_refused("no segment to load");
    }
}

static void segments_of_other_types_are_left_alone_whatever_they_say(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_add_segment(&file, UINT64_MAX, 0, UINT64_MAX, UINT64_MAX, 0);
        elf_put_segment_type(&file, 0x6474e551); /* PT_GNU_STACK */
        assert_entry(MIB);
        assert_int_equal(image.segment_count, 1);
    }
}

static void segments_in_any_order_keep_their_numbers(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build_empty(is_64, MIB + 4);
        elf_add_segment(&file, 0x1400, 3 * MIB, 3 * MIB, 0x10, 0x10);
        elf_add_segment(&file, 0x1200, MIB, MIB, 0, 0);
        elf_add_segment(&file, 0x1000, MIB, MIB, 0x20, 0x20);
        assert_entry(MIB + 4);
        assert_int_equal(image.segment_count, 2);
        assert_int_equal(image.segments[0].index, 0);
        assert_int_equal(image.segments[0].address, 3 * MIB);
        assert_int_equal(image.segments[1].index, 2);
        assert_int_equal(image.segments[1].address, MIB);
    }
}

static void more_bytes_in_the_file_than_in_memory_are_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build_empty(is_64, MIB);
        elf_add_segment(&file, 0x1000, MIB, MIB, 0x801, 0x800);
        assert_image_refused("segment 0 has more bytes in the file (0x801) than in memory (0x800)");
        build_empty(is_64, MIB);
        elf_add_segment(&file, 0x1000, MIB, MIB, 1, 0);
        assert_image_refused("segment 0 has more bytes in the file");
    }
}

static void a_segment_beyond_the_end_of_the_file_is_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build_empty(is_64, MIB);
        elf_add_segment(&file, 0x1000, MIB, MIB, 0x1000, 0x1000); /* up to the last byte */
        assert_entry(MIB);
        build_empty(is_64, MIB);
        elf_add_segment(&file, 0x1001, MIB, MIB, 0x1000, 0x1000);
        assert_image_refused("is it cut short?");
        build_empty(is_64, MIB);
        elf_add_segment(&file, is_64 ? UINT64_MAX : UINT32_MAX, MIB, MIB, 2, 2); /* wraps */
        assert_image_refused("beyond the end of the file");
    }
}

static void a_segment_of_zeros_only_may_have_any_offset(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_add_segment(&file, file.size + 0x1000, 2 * MIB, 2 * MIB, 0, 0x4000);
        assert_entry(MIB);
        assert_int_equal(image.segments[1].file_size, 0);
        assert_int_equal(image.segments[1].memory_size, 0x4000);
    }
}

static void a_segment_may_end_at_4_gib_but_not_above(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_add_segment(&file, 0x1000, 0xfffff000, 0xfffff000, 0, 0x1000);
        assert_entry(MIB);
        build(is_64);
        elf_add_segment(&file, 0x1000, 0xfffff000, 0xfffff000, 0, 0x1001);
        assert_image_refused("does not lie below 4 GiB");
    }
    build(1);
    elf_add_segment(&file, 0x1000, 0, UINT64_C(1) << 32, 0, 1);
    assert_image_refused("segment 1 (0x1 bytes at 0x100000000) does not lie below 4 GiB");
    build(1);
    elf_add_segment(&file, 0x1000, 0, UINT64_MAX - 0xfff, 0, 0x2000); /* wraps to 0x1000 */
    assert_image_refused("does not lie below 4 GiB");
    for (unsigned more = 0; more <= 1; more++) { /* a length of 4 GiB does not fit 32 bits */
        build(1);
        elf_add_segment(&file, 0x1000, 0, 0, 0, (UINT64_C(1) << 32) + more);
        assert_image_refused("does not lie below 4 GiB");
    }
}

/* ---- The entry point. */

static void a_virtual_entry_in_the_higher_half_becomes_physical(void **state)
{
    (void)state;
    build_empty(0, 0xc0100010);
    elf_add_segment(&file, 0x1000, 0xc0100000, 0x100000, 0x800, 0x800);
    assert_entry(0x100010);
    build_empty(1, UINT64_C(0xffffffff80100010));
    elf_add_segment(&file, 0x1000, UINT64_C(0xffffffff80100000), 0x100000, 0x800, 0x800);
    assert_entry(0x100010);
}

static void the_first_segment_that_contains_the_entry_translates_it(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build_empty(is_64, 0x400010);
        elf_add_segment(&file, 0x1000, 0x800000, 0x100000, 0x100, 0x100);
        elf_add_segment(&file, 0x1000, 0x400000, 0x200000, 0x100, 0x100);
        elf_add_segment(&file, 0x1000, 0x400000, 0x300000, 0x100, 0x100);
        assert_entry(0x200010);
    }
}

static void an_entry_that_is_physical_already_is_taken_as_it_is(void **state)
{
    (void)state;
    build_empty(0, 0x100020);
    elf_add_segment(&file, 0x1000, 0xc0100000, 0x100000, 0x800, 0x800);
    assert_entry(0x100020);
    build_empty(1, 0x100020);
    elf_add_segment(&file, 0x1000, UINT64_C(0xffffffff80100000), 0x100000, 0x800, 0x800);
    assert_entry(0x100020);
}

static void an_entry_that_could_be_either_is_taken_as_virtual(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build_empty(is_64, 0x100010); /* physical in segment 0, virtual in segment 1 */
        elf_add_segment(&file, 0x1000, 0x800000, 0x100000, 0x100, 0x100);
        elf_add_segment(&file, 0x1000, 0x100000, 0x500000, 0x100, 0x100);
        assert_entry(0x500010);
    }
}

static void an_entry_among_the_zeros_of_a_segment_is_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_put(&file, E_ENTRY, MIB + 0x8ff); /* the last of 0x900 bytes; 0x800 are in the file */
        assert_image_refused("entry point 0x1008ff lies where the file has no bytes");
    }
}

static void an_entry_in_no_segment_is_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_put(&file, E_ENTRY, MIB + 0x900);
        assert_image_refused("entry point 0x100900 lies in no segment");
        elf_put(&file, E_ENTRY, MIB - 1);
        assert_image_refused("entry point 0xfffff lies in no segment");
        elf_put(&file, E_ENTRY, 0);
        assert_image_refused("entry point 0x0 lies in no segment");
    }
    build(1);
    elf_put(&file, E_ENTRY, UINT64_C(0x100000000) + MIB);
    assert_image_refused("entry point 0x100100000 lies in no segment");
}

static void an_entry_in_an_empty_segment_or_in_none_to_load_is_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_put(&file, E_ENTRY, 0x700000);
        elf_add_segment(&file, 0x1000, 0x700000, 0x700000, 0, 0);
        assert_image_refused("lies in no segment");
        elf_add_segment(&file, 0x1000, 0x700000, 0x700000, 0x10, 0x10);
        elf_put_segment_type(&file, 4);
        assert_image_refused("lies in no segment");
    }
}

/* ---- Sections. */

static struct elf_sections sections;

static bool read_sections(void)
{
    if (!read_header_of(ELF_HEADER_BYTES)) {
        return false;
    }
    size_t length = elf.section_header_count * elf.section_header_size;
    uint8_t *headers = malloc(length);
    memcpy(headers, file.data + elf.section_headers_offset, length);
    bool is_read = elf_unloaded_sections(&elf, headers, file.size, &sections, &arena, &error);
    free(headers);
    return is_read;
}

static void sections_with_contents_that_are_not_allocated_are_found(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_add_section(&file, 0, 0, 0, 0, 0, 0);
        elf_add_section(&file, SHT_PROGBITS, SHF_ALLOC, MIB, 0x1000, 0x800, 16); /* .text */
        elf_add_section(&file, SHT_NOBITS, SHF_ALLOC, MIB + 0x800, 0x1800, 0x100, 16);
        elf_add_section(&file, 2, 0, 0, 0x1800, 0x60, 8); /* .symtab */
        elf_add_section(&file, SHT_STRTAB, 0, 0, 0x1860, 0x21, 1);
        elf_add_section(&file, SHT_PROGBITS, 0, 0, 0x1900, 0, 1);    /* empty */
        elf_add_section(&file, SHT_NOBITS, 0, 0, 0x1900, 0x1000, 1); /* has no bytes in the file */
        elf_add_section(&file, SHT_PROGBITS, SHF_ALLOC, 0, 0x1000, 4, 16); /* loaded at 0 */
        assert_true(read_sections());
        assert_int_equal(sections.count, 2);
        assert_int_equal(sections.list[0].index, 3);
        assert_int_equal(sections.list[0].file_offset, 0x1800);
        assert_int_equal(sections.list[0].size, 0x60);
        assert_int_equal(sections.list[0].alignment, 8);
        assert_int_equal(sections.list[1].index, 4);
        assert_int_equal(sections.list[1].size, 0x21);
    }
}

static void a_section_to_load_that_is_not_in_the_file_is_refused(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_add_section(&file, 0, 0, 0, 0, 0, 0);
        elf_add_section(&file, SHT_PROGBITS, 0, 0, 0x1000, UINT32_MAX, 1);
        assert_refused(read_sections(), "section 1 (0xffffffff bytes at offset 0x1000)");
        build(is_64);
        elf_add_section(&file, 0, 0, 0, 0, 0, 0);
        elf_add_section(&file, SHT_PROGBITS, 0, 0, UINT32_MAX, 2, 1);
        assert_refused(read_sections(), "beyond the end of the file");
    }
    build(1);
    elf_add_section(&file, SHT_PROGBITS, 0, 0, UINT64_MAX, UINT64_C(1) << 32, 1);
    assert_refused(read_sections(), "beyond the end of the file");
}

static void an_odd_alignment_of_a_section_is_ignored_and_a_huge_one_cut_to_a_page(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        const uint64_t alignments[] = {0, 1, 3, 4096, 0x10000, 0x80000001, 0x80000000};
        const uint32_t expected[] = {1, 1, 1, 4096, 4096, 1, 4096};
        build(is_64);
        for (size_t i = 0; i < 7; i++) {
            elf_add_section(&file, SHT_PROGBITS, 0, 0, 0x1000, 1, alignments[i]);
        }
        assert_true(read_sections());
        assert_int_equal(sections.count, 7);
        for (size_t i = 0; i < 7; i++) {
            assert_int_equal(sections.list[i].alignment, expected[i]);
        }
    }
}

static void the_address_of_a_section_is_entered_into_its_header_and_nowhere_else(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build(is_64);
        elf_add_section(&file, 0, 0, 0, 0, 0, 0);
        elf_add_section(&file, SHT_PROGBITS, 0, 0, 0x1000, 0x10, 4);
        assert_true(read_header_of(ELF_HEADER_BYTES));
        uint8_t *headers = file.data + elf.section_headers_offset;
        uint8_t expected[2 * 64];
        memcpy(expected, headers, 2 * elf.section_header_size);
        put32(expected + elf.section_header_size + (is_64 ? 16 : 12), 0x12345678);
        elf_set_section_address(&elf, headers, 1, 0x12345678);
        assert_memory_equal(headers, expected, 2 * elf.section_header_size);
    }
}

static void more_sections_than_the_arena_has_room_for_are_refused(void **state)
{
    (void)state;
    build(0);
    elf_add_section(&file, 0, 0, 0, 0, 0, 0);
    arena.size = 8;
    assert_refused(read_sections(), "section headers are too many");
}

/* ---- For PVH. */

enum { PT_NOTE = 4, SHT_NOTE = 7 };

static void notes_are_found_in_segments_and_sections(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        struct elf_notes notes;
        uint64_t high = is_64 ? UINT64_C(0x500000000) : 0;
        build(is_64);
        elf_add_segment(&file, high + 0x1800, 0, 0, high + 0x24, 0x30);
        elf_put_segment_type(&file, PT_NOTE);
        elf_add_section(&file, 0, 0, 0, 0, 0, 0);
        elf_add_section(&file, SHT_NOTE, 0, 0, high + 0x1900, high + 0x40, high + 8);
        assert_true(read_header_of(ELF_HEADER_BYTES));
        const uint8_t *segments = file.data + elf.program_headers_offset;
        const uint8_t *headers = file.data + elf.section_headers_offset;
        assert_false(elf_segment_notes(&elf, segments, 0, &notes));
        assert_true(elf_segment_notes(&elf, segments, 1, &notes));
        assert_int_equal(notes.file_offset, high + 0x1800);
        assert_int_equal(notes.size, high + 0x24);
        assert_int_equal(notes.alignment, 0); /* p_align, which the builder leaves 0 */
        assert_false(elf_section_notes(&elf, headers, 0, &notes));
        assert_true(elf_section_notes(&elf, headers, 1, &notes));
        assert_int_equal(notes.file_offset, high + 0x1900);
        assert_int_equal(notes.size, high + 0x40);
        assert_int_equal(notes.alignment, high + 8);
    }
}

static bool read_image_entered_at(uint64_t entry)
{
    assert_true(read_header_of(ELF_HEADER_BYTES));
    elf.entry = entry;
    elf.entry_is_physical = true;
    return elf_image(&elf, file.data + elf.program_headers_offset, file.size, &image, &arena,
                     &error);
}

static void a_physical_entry_is_not_looked_for_among_virtual_addresses(void **state)
{
    (void)state;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        build_empty(is_64, 0);
        elf_add_segment(&file, 0x1000, 2 * MIB, MIB, 0x800, 0x900);
        elf_add_segment(&file, 0x1800, 8 * MIB, 2 * MIB, 0x100, 0x100);
        assert_true(read_image_entered_at(2 * MIB + 0x10));
        assert_int_equal(image.entry, 2 * MIB + 0x10);
        assert_refused(read_image_entered_at(8 * MIB), "lies in no segment");
        assert_refused(read_image_entered_at(MIB + 0x800), "has no bytes (.bss)");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_are_found_in_segments_and_sections),
        cmocka_unit_test(a_physical_entry_is_not_looked_for_among_virtual_addresses),
        cmocka_unit_test(an_ordinary_kernel_is_one_segment_with_its_zeros),
        cmocka_unit_test(a_file_is_recognised_by_all_four_bytes_of_the_magic_number),
        cmocka_unit_test(a_header_cut_anywhere_is_refused),
        cmocka_unit_test(a_class_that_is_neither_32_nor_64_bit_is_refused),
        cmocka_unit_test(a_big_endian_file_is_refused),
        cmocka_unit_test(an_unknown_version_is_refused_unless_only_the_identification_has_it),
        cmocka_unit_test(a_kernel_for_another_machine_is_refused_by_number),
        cmocka_unit_test(either_class_may_hold_code_of_either_pc_machine),
        cmocka_unit_test(object_and_core_files_are_refused_by_number),
        cmocka_unit_test(a_position_independent_executable_stands_where_it_is_linked_as_under_grub),
        cmocka_unit_test(a_file_without_program_headers_is_refused),
        cmocka_unit_test(program_headers_may_be_larger_than_the_abi_s_but_not_smaller),
        cmocka_unit_test(program_headers_outside_the_file_are_refused),
        cmocka_unit_test(program_headers_after_the_first_8_kib_are_found),
        cmocka_unit_test(sixty_five_thousand_program_headers_are_refused_unread),
        cmocka_unit_test(a_section_table_outside_the_file_is_refused),
        cmocka_unit_test(section_headers_smaller_than_the_abi_s_are_refused),
        cmocka_unit_test(a_name_table_that_is_no_section_is_refused),
        cmocka_unit_test(without_sections_the_other_fields_of_the_table_do_not_matter),
        cmocka_unit_test(a_file_without_a_segment_to_load_is_refused),
        cmocka_unit_test(segments_of_other_types_are_left_alone_whatever_they_say),
        cmocka_unit_test(segments_in_any_order_keep_their_numbers),
        cmocka_unit_test(more_bytes_in_the_file_than_in_memory_are_refused),
        cmocka_unit_test(a_segment_beyond_the_end_of_the_file_is_refused),
        cmocka_unit_test(a_segment_of_zeros_only_may_have_any_offset),
        cmocka_unit_test(a_segment_may_end_at_4_gib_but_not_above),
        cmocka_unit_test(a_virtual_entry_in_the_higher_half_becomes_physical),
        cmocka_unit_test(the_first_segment_that_contains_the_entry_translates_it),
        cmocka_unit_test(an_entry_that_is_physical_already_is_taken_as_it_is),
        cmocka_unit_test(an_entry_that_could_be_either_is_taken_as_virtual),
        cmocka_unit_test(an_entry_among_the_zeros_of_a_segment_is_refused),
        cmocka_unit_test(an_entry_in_no_segment_is_refused),
        cmocka_unit_test(an_entry_in_an_empty_segment_or_in_none_to_load_is_refused),
        cmocka_unit_test(sections_with_contents_that_are_not_allocated_are_found),
        cmocka_unit_test(a_section_to_load_that_is_not_in_the_file_is_refused),
        cmocka_unit_test(an_odd_alignment_of_a_section_is_ignored_and_a_huge_one_cut_to_a_page),
        cmocka_unit_test(the_address_of_a_section_is_entered_into_its_header_and_nowhere_else),
        cmocka_unit_test(more_sections_than_the_arena_has_room_for_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
