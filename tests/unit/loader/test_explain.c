// SPDX-License-Identifier: BSD-2-Clause
// What is said of a file that is no kernel: loader/explain.overlay.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/explain.h"
#include "loader/multiboot1.h"
#include "loader/multiboot2.h"
#include "tests/unit/elf_builder.h"
#include <cmocka.h> /* after error.h: it has a macro of the name fail */

enum { FILE_BYTES = 0x210000, EM_386 = 3, EM_X86_64 = 62, ET_REL = 1, ET_EXEC = 2, ET_DYN = 3 };

static uint8_t file[FILE_BYTES];
static struct error error;

static void start_file(void)
{
    memset(file, 0, sizeof file);
}

static void put_elf(unsigned bits, uint16_t type, uint16_t machine)
{
    memcpy(file,
           "\x7f"
           "ELF",
           4);
    file[4] = bits == 64 ? 2 : 1;
    file[5] = 1;
    put16(file + 16, type);
    put16(file + 18, machine);
}

static void put_header_1(size_t at)
{
    put32(file + at, MULTIBOOT1_HEADER_MAGIC);
    put32(file + at + 4, 3);
    put32(file + at + 8, 0u - MULTIBOOT1_HEADER_MAGIC - 3);
}

static void put_header_2(size_t at)
{
    put32(file + at, MULTIBOOT2_HEADER_MAGIC);
    put32(file + at + 4, 0);
    put32(file + at + 8, 24);
    put32(file + at + 12, 0u - MULTIBOOT2_HEADER_MAGIC - 24);
    put32(file + at + 20, 8);
}

/* Refuses the first size bytes for this reason, in a block of just that size, so that a sanitizer
   sees a read beyond it. */
static const char *explained(size_t size, bool is_2, const char *reason)
{
    uint8_t *copy = malloc(size);
    memcpy(copy, file, size);
    snprintf(error.message, sizeof error.message, "%s", reason);
    explain_kernel((struct bytes){copy, size}, is_2, &error);
    free(copy);
    return error.message;
}

static void assert_explained(bool is_2, const char *text)
{
    const char *said = explained(sizeof file, is_2, "no header");
    if (strstr(said, "no header: ") != said || strstr(said, text) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", said, text);
    }
}

static void a_header_beyond_the_limit_is_told_with_its_offset_and_the_cure(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        const char *text;
        bool is_2;
    } places[] = {
        {8192 - 8, "a Multiboot header at offset 0x1ff8 is beyond the first 8192: ", false},
        {8192, "a Multiboot header at offset 0x2000 is beyond the first 8192: ", false},
        {0x12344, "offset 0x12344 is beyond the first 8192: in the linker script", false},
        {0x12345, "section first, as KEEP(*(.multiboot)), and aligned", false},
        {0x200010, "and link with -z max-page-size=4096", false},
        {FILE_BYTES - 12, "offset 0x20fff4 is beyond", false},
        {32768, "a Multiboot 2 header at offset 0x8000 is beyond the first 32768: ", true},
        {FILE_BYTES - 24, "a Multiboot 2 header at offset 0x20ffe8 is beyond", true},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (int is_elf = 0; is_elf < 2; is_elf++) {
            start_file();
            if (is_elf != 0) {
                put_elf(32, ET_EXEC, EM_386);
            }
            (places[i].is_2 ? put_header_2 : put_header_1)(places[i].at);
            assert_explained(places[i].is_2, places[i].text);
            assert_explained(!places[i].is_2, places[i].text);
        }
    }
}

static void a_header_that_is_not_aligned_is_told_with_its_offset_and_the_cure(void **state)
{
    (void)state;
    for (size_t off = 1; off < 8; off++) {
        char text[80];
        start_file();
        put_header_2(0x1000 + off);
        snprintf(text, sizeof text, "offset 0x%zx is not at a multiple of 8: put .align 8",
                 0x1000 + off);
        assert_explained(true, text);
        if (off % 4 != 0) {
            start_file();
            put_header_1(0x1000 + off);
            snprintf(text, sizeof text, "offset 0x%zx is not at a multiple of 4: put .align 4",
                     0x1000 + off);
            assert_explained(false, text);
        }
    }
}

static void the_other_protocols_header_is_told_with_its_command(void **state)
{
    (void)state;
    start_file();
    put_header_1(0x100);
    assert_string_equal(explained(sizeof file, true, "x"),
                        "has a Multiboot 1 header, not a Multiboot 2 one: use multiboot");
    start_file();
    put_header_2(0x100);
    assert_string_equal(explained(sizeof file, false, "x"),
                        "has a Multiboot 2 header, not a Multiboot 1 one: use multiboot2");
}

static void a_header_with_a_wrong_checksum_needs_no_more_words(void **state)
{
    (void)state;
    start_file();
    put_elf(32, ET_EXEC, EM_386);
    put_header_1(0x100);
    file[0x108] ^= 1;
    assert_string_equal(explained(sizeof file, false, "no header"), "no header");
}

static void other_kinds_of_files_are_told_by_their_names(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        const char *magic, *text;
    } kinds[] = {
        {0x202, "HdrS", "Linux bzImage: use linux"},
        {0x8001, "CD001", "ISO image"},
        {257, "ustar", "tar archive"},
        {0, "070701", "cpio archive"},
        {0, "PK\3\4", "zip archive"},
        {0, "7z\xbc\xaf\x27\x1c", "7z archive"},
        {0, "!<arch>\n", "ar archive"},
        {0, "hsqs", "SquashFS"},
        {0, "MZ", "PE file"},
        {0, "#!/bin/sh", "script"},
        {0, "\xcf\xfa\xed\xfe", "Mach-O"},
        {0, "version https://git-lfs.github.com/", "Git LFS"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (int is_2 = 0; is_2 < 2; is_2++) {
            start_file();
            memcpy(file + kinds[i].at, kinds[i].magic, strlen(kinds[i].magic));
            assert_explained(is_2 != 0, kinds[i].text);
        }
    }
    start_file(); /* a kernel in an archive is not the archive's header */
    memcpy(file + 257, "ustar", 5);
    put_header_1(0x4000);
    assert_explained(false, "tar archive");
    start_file(); /* but a PE file may be a kernel */
    memcpy(file, "MZ", 2);
    put_header_1(0x4000);
    assert_explained(false, "offset 0x4000");
}

static void elf_files_are_told_by_what_keeps_them_from_being_a_kernel(void **state)
{
    (void)state;
    static const struct {
        uint16_t type, machine;
        const char *text;
    } files[] = {
        {ET_EXEC, 183, "ELF file for AArch64, not for the PC"},
        {ET_EXEC, 243, "ELF file for RISC-V, not for the PC"},
        {ET_DYN, 40, "ELF file for 32-bit ARM, not for the PC"},
        {ET_EXEC, 999, "ELF file for machine 999, not for the PC"},
        {ET_REL, EM_X86_64, "object file"},
        {ET_DYN, EM_X86_64, "(PIE): link it as a fixed one, with -no-pie"},
        {ET_EXEC, EM_386, "it is stripped"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        for (unsigned bits = 32; bits <= 64; bits += 32) {
            start_file();
            put_elf(bits, files[i].type, files[i].machine);
            assert_explained(false, files[i].text);
            assert_explained(true, files[i].text);
        }
    }
    start_file();
    put_elf(32, ET_EXEC, 0);
    file[5] = 2; /* big-endian */
    file[19] = 20;
    assert_explained(false, "ELF file for PowerPC, not for the PC");
    start_file();
    put_elf(64, ET_EXEC, EM_X86_64);
    memcpy(file + 0x5000, "Linux version 6.1", 17);
    assert_explained(false, "Linux kernel without a PVH entry (CONFIG_PVH)");
}

static void a_kernel_with_symbols_is_not_said_to_be_stripped(void **state)
{
    (void)state;
    enum { SECTIONS = 0x3000, SHT_SYMTAB = 2 };
    for (unsigned bits = 32; bits <= 64; bits += 32) {
        start_file();
        put_elf(bits, ET_EXEC, EM_386);
        put32(file + (bits == 64 ? 40 : 32), SECTIONS);
        put16(file + (bits == 64 ? 58 : 46), bits == 64 ? 64 : 40);
        put16(file + (bits == 64 ? 60 : 48), 2);
        put32(file + SECTIONS + (bits == 64 ? 64 : 40) + 4, SHT_SYMTAB);
        assert_explained(false, "put its section into the linker script, as KEEP(*(.multiboot))");
        explained(SECTIONS, false, "no header"); /* the section headers are beyond the end */
        assert_null(strstr(error.message, "stripped"));
    }
}

static void a_pie_with_a_header_is_told_after_the_reason(void **state)
{
    (void)state;
    start_file();
    put_elf(32, ET_DYN, EM_386);
    put_header_1(0x100);
    assert_explained(false, "(PIE)");
    put_elf(32, ET_EXEC, EM_386);
    assert_string_equal(explained(sizeof file, false, "does not fit"), "does not fit");
}

/* The same for PVH. */
static const char *explained_for_pvh(size_t size, const char *reason)
{
    uint8_t *copy = malloc(size);
    memcpy(copy, file, size);
    snprintf(error.message, sizeof error.message, "%s", reason);
    explain_pvh((struct bytes){copy, size}, &error);
    free(copy);
    return error.message;
}

static void a_file_without_a_pvh_entry_is_told_by_what_it_is(void **state)
{
    (void)state;
    start_file();
    memcpy(file + 0x202, "HdrS", 4);
    assert_string_equal(explained_for_pvh(sizeof file, "not an ELF file"),
                        "not an ELF file: it is a Linux bzImage: use linux");
    start_file();
    assert_string_equal(explained_for_pvh(sizeof file, "not an ELF file"), "not an ELF file");
    put_elf(64, ET_EXEC, 183);
    assert_string_equal(explained_for_pvh(sizeof file, "type"),
                        "type: it is an ELF file for AArch64, not for the PC");
    put_elf(64, ET_EXEC, EM_X86_64);
    assert_string_equal(explained_for_pvh(sizeof file, "no note"), "no note");
    memcpy(file + 0x5000, "Linux version 6.1", 17);
    assert_string_equal(explained_for_pvh(sizeof file, "no note"),
                        "no note: it is a Linux kernel without a PVH entry (CONFIG_PVH)");
    put_header_2(0x1000);
    assert_string_equal(explained_for_pvh(sizeof file, "no note"),
                        "no note: it has a Multiboot 2 header, for multiboot2");
    put_header_1(0x100);
    assert_string_equal(explained_for_pvh(sizeof file, "no note"),
                        "no note: it has a Multiboot header, for multiboot");
    for (size_t size = 1; size < 100; size++) {
        explained_for_pvh(size, "no note");
    }
}

static void files_of_any_length_are_looked_at(void **state)
{
    (void)state;
    start_file();
    put_elf(64, ET_EXEC, EM_X86_64);
    for (size_t size = 1; size < 100; size++) {
        explained(size, size % 2 == 0, "no header");
    }
    memset(file, 0, 64);
    assert_string_equal(explained(4096, false, "no header"), "no header");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_beyond_the_limit_is_told_with_its_offset_and_the_cure),
        cmocka_unit_test(a_header_that_is_not_aligned_is_told_with_its_offset_and_the_cure),
        cmocka_unit_test(the_other_protocols_header_is_told_with_its_command),
        cmocka_unit_test(a_header_with_a_wrong_checksum_needs_no_more_words),
        cmocka_unit_test(other_kinds_of_files_are_told_by_their_names),
        cmocka_unit_test(elf_files_are_told_by_what_keeps_them_from_being_a_kernel),
        cmocka_unit_test(a_kernel_with_symbols_is_not_said_to_be_stripped),
        cmocka_unit_test(a_pie_with_a_header_is_told_after_the_reason),
        cmocka_unit_test(a_file_without_a_pvh_entry_is_told_by_what_it_is),
        cmocka_unit_test(files_of_any_length_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
