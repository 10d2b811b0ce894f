// SPDX-License-Identifier: BSD-2-Clause
// Tests boot/bare/pvh/start_info.c on structures as QEMU, qboot and Xen write them, and on broken
// ones.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "boot/bare/pvh/start_info.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum { INFO = 0x100, MODULES = 0x200, MAP = 0x300, TEXT = 0x400, MODULE = 0x1000, BYTES = 0x3000 };

static uint8_t machine[BYTES];
static const struct bytes memory = {machine, sizeof machine};
static struct hvm_start_info *const header = (void *)(machine + INFO);
static struct hvm_modlist_entry *const modules = (void *)(machine + MODULES);
static struct hvm_memmap_table_entry *const ranges = (void *)(machine + MAP);
static struct start_info info;
static struct error error;
static struct memory_range range_list[4];
static struct memory_map map;

static int start(void **state)
{
    (void)state;
    memset(machine, 0, sizeof machine);
    *header = (struct hvm_start_info){
        .magic = START_INFO_MAGIC,
        .version = 1,
        .nr_modules = 1,
        .modlist_paddr = MODULES,
        .cmdline_paddr = TEXT,
        .rsdp_paddr = 0xfc008000,
        .memmap_paddr = MAP,
        .memmap_entries = 3,
    };
    modules[0] = (struct hvm_modlist_entry){.paddr = MODULE, .size = 0x1234};
    ranges[0] = (struct hvm_memmap_table_entry){0, 0x6000000, 1, 0};
    ranges[1] = (struct hvm_memmap_table_entry){0xfeff8000, 0x8000, 2, 0};
    ranges[2] = (struct hvm_memmap_table_entry){0x123456789000, 0x1000, 4, 77};
    strcpy((char *)machine + TEXT, "one two");
    map = (struct memory_map){.ranges = range_list, .capacity = 4};
    error.message[0] = 0;
    return 0;
}

static void version_1_is_read_with_its_module(void **state)
{
    (void)state;
    assert_true(start_info_read(memory, INFO, &info, &error));
    assert_int_equal(info.header.rsdp_paddr, 0xfc008000);
    assert_ptr_equal(info.module.data, machine + MODULE);
    assert_int_equal(info.module.size, 0x1234);
}

static void version_0_has_no_memory_map(void **state)
{
    (void)state;
    header->version = 0;
    assert_true(start_info_read(memory, INFO, &info, &error));
    assert_int_equal(info.header.memmap_entries, 0);
    assert_int_equal(info.module.size, 0x1234);
    assert_true(start_info_map(memory, &info, &map, &error));
    assert_int_equal(map.count, 0);
}

static void version_0_may_end_where_the_memory_ends(void **state)
{
    (void)state;
    struct bytes short_memory = {machine, BYTES};
    memmove(machine + BYTES - START_INFO_BYTES_0, header, START_INFO_BYTES_0);
    uint64_t address = BYTES - START_INFO_BYTES_0;
    assert_false(start_info_read(short_memory, address, &info, &error));
    machine[address + offsetof(struct hvm_start_info, version)] = 0;
    assert_true(start_info_read(short_memory, address, &info, &error));
}

static void what_is_no_start_info_is_refused(void **state)
{
    (void)state;
    header->magic = 0x2badb002;
    assert_false(start_info_read(memory, INFO, &info, &error));
    assert_non_null(strstr(error.message, "no PVH start_info at 0x100"));
    assert_false(start_info_read(memory, UINT64_MAX - 3, &info, &error));
}

static void no_module_is_no_error(void **state)
{
    (void)state;
    header->nr_modules = 0;
    assert_true(start_info_read(memory, INFO, &info, &error));
    assert_int_equal(info.module.size, 0);
}

static void a_module_at_0_was_not_loaded(void **state)
{
    (void)state;
    modules[0].paddr = 0;
    assert_true(start_info_read(memory, INFO, &info, &error));
    assert_int_equal(info.module.size, 0);
}

static void a_module_out_of_reach_is_refused(void **state)
{
    (void)state;
    modules[0].size = BYTES - MODULE + 1;
    assert_false(start_info_read(memory, INFO, &info, &error));
    assert_non_null(strstr(error.message, "module is at 0x1000, out of reach"));
    modules[0] = (struct hvm_modlist_entry){.paddr = UINT64_MAX, .size = 2};
    assert_false(start_info_read(memory, INFO, &info, &error));
    header->modlist_paddr = BYTES - 8;
    assert_false(start_info_read(memory, INFO, &info, &error));
    assert_non_null(strstr(error.message, "list of modules"));
}

static void the_map_is_added_without_its_empty_ranges(void **state)
{
    (void)state;
    ranges[1].size = 0;
    assert_true(start_info_read(memory, INFO, &info, &error));
    assert_true(start_info_map(memory, &info, &map, &error));
    assert_int_equal(map.count, 2);
    assert_int_equal(map.ranges[0].length, 0x6000000);
    assert_int_equal(map.ranges[1].address, 0x123456789000);
    assert_int_equal(map.ranges[1].type, 4);
}

static void a_map_that_is_too_long_is_refused(void **state)
{
    (void)state;
    map.capacity = 2;
    assert_true(start_info_read(memory, INFO, &info, &error));
    assert_false(start_info_map(memory, &info, &map, &error));
    assert_non_null(strstr(error.message, "3 memory ranges, more than 2"));
}

static void a_map_out_of_reach_is_refused(void **state)
{
    (void)state;
    header->memmap_paddr = BYTES - 30;
    assert_true(start_info_read(memory, INFO, &info, &error));
    assert_false(start_info_map(memory, &info, &map, &error));
    assert_non_null(strstr(error.message, "map is at"));
}

static void the_command_line_is_copied(void **state)
{
    (void)state;
    char text[START_INFO_TEXT_BYTES];
    assert_true(start_info_read(memory, INFO, &info, &error));
    start_info_command_line(memory, &info, text);
    assert_string_equal(text, "one two");
}

static void without_a_command_line_it_is_empty(void **state)
{
    (void)state;
    char text[START_INFO_TEXT_BYTES];
    header->cmdline_paddr = 0;
    assert_true(start_info_read(memory, INFO, &info, &error));
    start_info_command_line(memory, &info, text);
    assert_string_equal(text, "");
}

static void a_command_line_without_an_end_is_cut(void **state)
{
    (void)state;
    char text[START_INFO_TEXT_BYTES];
    memset(machine + MODULE, 'x', BYTES - MODULE);
    header->cmdline_paddr = MODULE;
    assert_true(start_info_read(memory, INFO, &info, &error));
    start_info_command_line(memory, &info, text);
    assert_int_equal(strlen(text), START_INFO_TEXT_BYTES - 1);
    info.header.cmdline_paddr = BYTES - 3;
    start_info_command_line(memory, &info, text);
    assert_string_equal(text, "xxx");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
    const struct CMUnitTest tests[] = {
        TEST(version_1_is_read_with_its_module),
        TEST(version_0_has_no_memory_map),
        TEST(version_0_may_end_where_the_memory_ends),
        TEST(what_is_no_start_info_is_refused),
        TEST(no_module_is_no_error),
        TEST(a_module_at_0_was_not_loaded),
        TEST(a_module_out_of_reach_is_refused),
        TEST(the_map_is_added_without_its_empty_ranges),
        TEST(a_map_that_is_too_long_is_refused),
        TEST(a_map_out_of_reach_is_refused),
        TEST(the_command_line_is_copied),
        TEST(without_a_command_line_it_is_empty),
        TEST(a_command_line_without_an_end_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
