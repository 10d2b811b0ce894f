// SPDX-License-Identifier: BSD-2-Clause
// PVH: the note in a kernel and the start info (loader/pvh.h).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "loader/pvh.h"
#include "tests/unit/elf_builder.h"
#include <cmocka.h> /* behind error.h: it has a macro of the name fail */

enum { PHYS32_ENTRY = 18, NOTES_BYTES = 512 };

/* ---- The note */

static uint8_t notes[NOTES_BYTES];
static size_t used;
static struct error error;

static void start_notes(void)
{
    memset(notes, 0, sizeof notes);
    used = 0;
}

static void align(size_t alignment)
{
    used = (used + alignment - 1) & ~(alignment - 1);
}

static void add_note(size_t alignment, const char *name, uint32_t name_bytes, uint32_t type,
                     const void *descriptor, uint32_t bytes)
{
    put32(notes + used, name_bytes);
    put32(notes + used + 4, bytes);
    put32(notes + used + 8, type);
    memcpy(notes + used + 12, name, name_bytes);
    used += 12 + name_bytes;
    align(alignment);
    memcpy(notes + used, descriptor, bytes);
    used += bytes;
    align(alignment);
}

static void add_entry(uint64_t entry, uint32_t bytes)
{
    uint8_t descriptor[8];
    put64(descriptor, entry);
    add_note(4, "Xen", 4, PHYS32_ENTRY, descriptor, bytes);
}

/* Reads the first size bytes, in a block of just that size, so that a sanitizer sees a read beyond
   it. */
static struct pvh_note read_first(size_t size, uint64_t alignment)
{
    struct pvh_note note = {0};
    uint8_t *copy = malloc(size + 1);
    memcpy(copy + 1, notes, size); /* nowhere aligned */
    pvh_read_notes((struct bytes){copy + 1, size}, alignment, &note);
    free(copy);
    return note;
}

static void assert_entry(uint64_t alignment, uint64_t entry, uint32_t size)
{
    struct pvh_note note = read_first(used, alignment);
    assert_int_equal(note.size, size);
    assert_int_equal(note.entry, entry);
    assert_true(pvh_check_note(&note, &error));
}

static void an_entry_of_4_and_of_8_bytes_is_read(void **state)
{
    (void)state;
    start_notes();
    add_entry(0x1000020, 4);
    assert_entry(4, 0x1000020, 4);
    start_notes();
    add_entry(0xfffffff0, 8);
    assert_entry(4, 0xfffffff0, 8);
    assert_entry(0, 0xfffffff0, 8);
    assert_entry(1, 0xfffffff0, 8);
    assert_entry(8, 0xfffffff0, 8);
}

static void notes_of_other_owners_and_types_are_passed_over(void **state)
{
    (void)state;
    uint32_t other = 0x5000;
    start_notes();
    add_note(4, "GNU", 4, PHYS32_ENTRY, &other, 4);
    add_note(4, "Xen", 3, PHYS32_ENTRY, &other, 4);
    add_note(4, "Xenon", 6, PHYS32_ENTRY, &other, 4);
    add_note(4, "Xen", 4, 17, &other, 4);
    add_note(4, "", 0, PHYS32_ENTRY, "1234567", 7);
    assert_int_equal(read_first(used, 4).size, 0);
    add_entry(0x1000, 4);
    add_note(4, "Xen", 4, 19, &other, 4);
    assert_entry(4, 0x1000, 4);
}

static void the_last_entry_counts(void **state)
{
    (void)state;
    start_notes();
    add_entry(0x1000, 4);
    add_entry(0x2000, 8);
    assert_entry(4, 0x2000, 8);
    struct pvh_note note = {4, 0x3000};
    pvh_read_notes((struct bytes){notes, 0}, 4, &note);
    assert_int_equal(note.entry, 0x3000); /* no note changes nothing */
    pvh_read_notes((struct bytes){notes, used}, 4, &note);
    assert_int_equal(note.entry, 0x2000);
}

static void notes_of_alignment_8_are_read(void **state)
{
    (void)state;
    uint32_t entry = 0x1000;
    start_notes();
    add_note(8, "GNU", 4, 5, "1", 1); /* the next note is 4 bytes earlier if aligned to 4 */
    add_note(8, "Xen", 4, PHYS32_ENTRY, &entry, 4);
    assert_entry(8, 0x1000, 4);
    assert_int_equal(read_first(used, 4).size, 0);
    start_notes();
    add_note(4, "GNU", 4, 5, "1234", 4);
    add_entry(0x2000, 4);
    assert_entry(8, 0x2000, 4); /* aligned to 4 in a segment of 8 */
}

static void a_note_that_is_cut_anywhere_has_no_entry(void **state)
{
    (void)state;
    start_notes();
    add_entry(0x1000, 4);
    for (size_t size = 0; size < used; size++) {
        assert_int_equal(read_first(size, 4).size, 0);
        assert_int_equal(read_first(size, 8).size, 0);
    }
    put32(notes, UINT32_MAX); /* n_namesz */
    assert_int_equal(read_first(used, 4).size, 0);
    put32(notes, 4);
    put32(notes + 4, UINT32_MAX); /* n_descsz */
    assert_int_equal(read_first(used, 8).size, 0);
}

static void what_follows_the_entry_may_be_broken(void **state)
{
    (void)state;
    start_notes();
    add_entry(0x1000, 4);
    memset(notes + used, 0xff, 13);
    used += 13;
    assert_entry(4, 0x1000, 4);
}

static void assert_refused(const struct pvh_note *note, const char *reason)
{
    assert_false(pvh_check_note(note, &error));
    assert_string_equal(error.message, reason);
}

static void an_entry_of_another_size_or_above_4_gib_is_refused(void **state)
{
    (void)state;
    for (uint32_t size = 0; size <= 16; size++) {
        start_notes();
        add_note(4, "Xen", 4, PHYS32_ENTRY, "\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0", size);
        struct pvh_note note = read_first(used, 4);
        assert_int_equal(pvh_check_note(&note, &error), size == 4 || size == 8);
    }
    assert_refused(&(struct pvh_note){0}, "has no PVH entry: no note XEN_ELFNOTE_PHYS32_ENTRY");
    assert_refused(&(struct pvh_note){2, 0},
                   "the note with its PVH entry has 2 bytes, neither 4 nor 8");
    assert_refused(&(struct pvh_note){8, UINT64_C(0x100000000)},
                   "its PVH entry 0x100000000 does not lie below 4 GiB");
}

/* ---- The start info */

enum { ADDRESS = 0x10000, BUFFER_BYTES = 8192, MOST_RANGES = 20 };

static struct memory_range ranges[MOST_RANGES] = {
    {0, 0x9fc00, MEMORY_AVAILABLE},
    {0xf0000, 0x10000, MEMORY_RESERVED},
    {0x100000, UINT64_C(0x100000000), MEMORY_AVAILABLE},
    {UINT64_C(0xfd00000000), 0x300000000, 42},
};
static struct memory_map map = {ranges, 4, MOST_RANGES};
static const struct boot_module modules[] = {
    {0x200000, 0x200005, "first module"}, {0x201000, 0x201000, ""}, {0x202000, 0x302001, "c"}};
static uint8_t buffer[BUFFER_BYTES];

static struct boot_information information_of(size_t module_count)
{
    return (struct boot_information){.map = &map,
                                     .command_line = "console=ttyS0 \"a b\"",
                                     .loader_name = "unused",
                                     .modules = modules,
                                     .module_count = module_count};
}

static const struct hvm_start_info *write(const struct boot_information *information)
{
    uint64_t size = pvh_information_size(information);
    assert_true(size <= sizeof buffer);
    memset(buffer, 0, (size_t)size);
    memset(buffer + size, 0xa5, sizeof buffer - (size_t)size);
    pvh_write_boot(information, buffer, ADDRESS);
    pvh_write_machine(information, buffer, ADDRESS);
    for (size_t i = (size_t)size; i < sizeof buffer; i++) {
        assert_int_equal(buffer[i], 0xa5);
    }
    return (const struct hvm_start_info *)buffer;
}

static const void *at(uint64_t address)
{
    assert_in_range(address, ADDRESS, ADDRESS + BUFFER_BYTES);
    return buffer + (address - ADDRESS);
}

static void the_start_info_has_version_command_line_map_and_root_pointer(void **state)
{
    (void)state;
    static const uint8_t rsdp[20];
    struct boot_information information = information_of(0);
    information.rsdp = (struct bytes){rsdp, sizeof rsdp};
    const struct hvm_start_info *info = write(&information);
    assert_int_equal(info->magic, 0x336ec578);
    assert_int_equal(info->version, 1);
    assert_int_equal(info->flags, 0);
    assert_int_equal(info->nr_modules, 0);
    assert_int_equal(info->modlist_paddr, 0);
    assert_string_equal(at(info->cmdline_paddr), information.command_line);
    assert_int_equal(info->rsdp_paddr, (uintptr_t)rsdp);
    assert_int_equal(info->memmap_entries, 4);
    const struct hvm_memmap_table_entry *entry = at(info->memmap_paddr);
    for (size_t i = 0; i < map.count; i++) {
        assert_int_equal(entry[i].addr, ranges[i].address);
        assert_int_equal(entry[i].size, ranges[i].length);
        assert_int_equal(entry[i].type, ranges[i].type);
        assert_int_equal(entry[i].reserved, 0);
    }
    information.rsdp = (struct bytes){0};
    assert_int_equal(write(&information)->rsdp_paddr, 0);
}

static void modules_are_listed_with_their_command_lines(void **state)
{
    (void)state;
    struct boot_information information = information_of(3);
    const struct hvm_start_info *info = write(&information);
    assert_int_equal(info->nr_modules, 3);
    assert_int_equal(info->modlist_paddr % 8, 0);
    const struct hvm_modlist_entry *entry = at(info->modlist_paddr);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(entry[i].paddr, modules[i].mod_start);
        assert_int_equal(entry[i].size, modules[i].mod_end - modules[i].mod_start);
        assert_string_equal(at(entry[i].cmdline_paddr), modules[i].string);
        assert_int_equal(entry[i].reserved, 0);
    }
}

static void what_is_written_before_the_machine_is_known_depends_on_no_usual_map(void **state)
{
    (void)state;
    static uint8_t first[BUFFER_BYTES];
    struct boot_information information = information_of(3);
    for (map.count = 0; map.count <= PVH_USUAL_RANGES; map.count++) {
        memset(buffer, 0, sizeof buffer);
        pvh_write_boot(&information, buffer, ADDRESS);
        if (map.count == 0) {
            memcpy(first, buffer, sizeof first);
        }
        assert_memory_equal(first, buffer, sizeof buffer);
    }
    map.count = MOST_RANGES;
    const struct hvm_start_info *info = write(&information);
    assert_int_equal(info->memmap_entries, MOST_RANGES);
    assert_string_equal(at(info->cmdline_paddr), information.command_line);
    map.count = 4;
}

static void start_info_map_and_command_line_share_the_first_page(void **state)
{
    (void)state;
    struct boot_information information = information_of(3);
    const struct hvm_start_info *info = write(&information);
    assert_true(info->memmap_paddr < info->cmdline_paddr);
    assert_true(info->cmdline_paddr + strlen(information.command_line) < info->modlist_paddr);
    assert_true(info->cmdline_paddr < ADDRESS + 512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_of_4_and_of_8_bytes_is_read),
        cmocka_unit_test(notes_of_other_owners_and_types_are_passed_over),
        cmocka_unit_test(the_last_entry_counts),
        cmocka_unit_test(notes_of_alignment_8_are_read),
        cmocka_unit_test(a_note_that_is_cut_anywhere_has_no_entry),
        cmocka_unit_test(what_follows_the_entry_may_be_broken),
        cmocka_unit_test(an_entry_of_another_size_or_above_4_gib_is_refused),
        cmocka_unit_test(the_start_info_has_version_command_line_map_and_root_pointer),
        cmocka_unit_test(modules_are_listed_with_their_command_lines),
        cmocka_unit_test(what_is_written_before_the_machine_is_known_depends_on_no_usual_map),
        cmocka_unit_test(start_info_map_and_command_line_share_the_first_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
