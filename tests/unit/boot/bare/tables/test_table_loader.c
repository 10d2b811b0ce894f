// SPDX-License-Identifier: BSD-2-Clause
// The script of QEMU's tables (table_loader.h), command by command, and a script like QEMU's own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "boot/bare/tables/table_loader.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

enum { COMMAND_BYTES = 128, COMMANDS = 40, DATA_BYTES = 256 };

static uint8_t script[COMMANDS * COMMAND_BYTES];
static size_t script_size;
static uint8_t data[TABLE_FILES][DATA_BYTES];
static struct table_file files[TABLE_FILES];
static size_t file_count;
static struct error error;

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

static uint8_t *put(uint32_t kind, const char *first, const char *second)
{
    uint8_t *command = script + script_size;
    script_size += COMMAND_BYTES;
    assert_true(script_size <= sizeof script);
    memset(command, 0, COMMAND_BYTES);
    put32(command, kind);
    memcpy(command + 4, first, strlen(first));
    memcpy(command + 60, second, strlen(second));
    return command;
}

static void allocate(const char *name, uint32_t alignment, uint8_t zone)
{
    uint8_t *command = put(1, name, "");
    put32(command + 60, alignment);
    command[64] = zone;
}

static void add_pointer(const char *file, const char *source, uint32_t offset, uint8_t size)
{
    uint8_t *command = put(2, file, source);
    put32(command + 116, offset);
    command[120] = size;
}

static void add_checksum(const char *file, uint32_t offset, uint32_t start, uint32_t length)
{
    uint8_t *command = put(3, file, "");
    put32(command + 60, offset);
    put32(command + 64, start);
    put32(command + 68, length);
}

static void write_pointer(const char *file, const char *source, uint32_t offset,
                          uint32_t source_offset, uint8_t size)
{
    uint8_t *command = put(4, file, source);
    put32(command + 116, offset);
    put32(command + 120, source_offset);
    command[124] = size;
}

static struct bytes the_script(void)
{
    return (struct bytes){script, script_size};
}

static bool list(void)
{
    error.message[0] = 0;
    return table_loader_files(the_script(), files, &file_count, &error);
}

static bool place(uint32_t size)
{
    struct room high = {0x100000, 0x8000000};
    struct room fseg = {0xf0000, 0x100000};
    assert_true(list());
    for (size_t i = 0; i < file_count; i++) {
        files[i].size = size;
        files[i].data = data[i];
    }
    return table_loader_place(files, file_count, &high, &fseg, &error);
}

static bool link_files(void)
{
    error.message[0] = 0;
    return table_loader_link(the_script(), files, file_count, &error);
}

/* One file of DATA_BYTES, "a", and a second, "b", both in the high zone. */
static int two_files(void **state)
{
    (void)state;
    script_size = 0;
    memset(data, 0, sizeof data);
    allocate("a", 64, TABLE_ZONE_HIGH);
    allocate("b", 4096, TABLE_ZONE_HIGH);
    assert_true(place(DATA_BYTES));
    return 0;
}

static int no_command(void **state)
{
    (void)state;
    script_size = 0;
    return 0;
}

static void an_empty_script_wants_nothing(void **state)
{
    (void)state;
    assert_true(list());
    assert_int_equal(file_count, 0);
    assert_true(link_files());
}

static void the_files_are_listed_with_alignment_and_zone(void **state)
{
    (void)state;
    allocate("etc/acpi/rsdp", 16, TABLE_ZONE_FSEG);
    allocate("etc/acpi/tables", 64, TABLE_ZONE_HIGH);
    allocate("small", 1, TABLE_ZONE_HIGH);
    assert_true(list());
    assert_int_equal(file_count, 3);
    assert_string_equal(files[0].name, "etc/acpi/rsdp");
    assert_int_equal(files[0].alignment, 16);
    assert_int_equal(files[0].zone, TABLE_ZONE_FSEG);
    assert_int_equal(files[1].alignment, 64);
    assert_int_equal(files[1].zone, TABLE_ZONE_HIGH);
    assert_int_equal(files[2].alignment, 16);
}

static void assert_refused(const char *reason)
{
    assert_false(list());
    assert_non_null(strstr(error.message, reason));
}

static void a_wrong_allocation_is_refused(void **state)
{
    (void)state;
    allocate("a", 48, TABLE_ZONE_HIGH);
    assert_refused("power of two");
    script_size = 0;
    allocate("a", 16, 3);
    assert_refused("unknown zone");
    script_size = 0;
    allocate("a", 16, 1);
    allocate("a", 16, 1);
    assert_refused("there before");
    script_size = 0;
    put(1, "123456789012345678901234567890123456789012345678901234567890", "");
    assert_refused("no name");
    assert_non_null(strstr(error.message, "90123456: no name")); /* cut after 56 characters */
    script_size = 0;
    for (char name[] = "a"; name[0] <= 'a' + TABLE_FILES; name[0]++) {
        allocate(name, 16, 1);
    }
    assert_refused("too many files");
}

static void files_go_to_aligned_addresses_in_their_zones(void **state)
{
    (void)state;
    allocate("rsdp", 16, TABLE_ZONE_FSEG);
    allocate("tables", 64, TABLE_ZONE_HIGH);
    allocate("guid", 4096, TABLE_ZONE_HIGH);
    assert_true(place(36));
    assert_int_equal(files[0].address, 0x100000 - 48);
    assert_int_equal(files[1].address, 0x8000000 - 64);
    assert_int_equal(files[2].address, 0x8000000 - 4096);
}

static void a_file_without_room_is_refused(void **state)
{
    (void)state;
    allocate("rsdp", 16, TABLE_ZONE_FSEG);
    assert_true(place(0x10000));
    assert_int_equal(files[0].address, 0xf0000);
    assert_false(place(0x10001));
    assert_string_equal(error.message, "no room for rsdp (65537 bytes)");
    script_size = 0;
    allocate("tables", 0x80000000, TABLE_ZONE_HIGH);
    assert_false(place(UINT32_MAX));
    assert_false(place(16)); /* the only such address is below the zone */
}

static void a_pointer_becomes_the_address_of_what_it_points_to(void **state)
{
    (void)state;
    static const uint8_t sizes[] = {4, 8};
    for (size_t i = 0; i < sizeof sizes; i++) {
        two_files(state);
        put32(data[0] + 10, 0x24);
        memset(data[0] + 10 + sizes[i], 0xaa, 4);
        add_pointer("a", "b", 10, sizes[i]);
        assert_true(link_files());
        assert_int_equal(load32(data[0] + 10), files[1].address + 0x24);
        assert_int_equal(data[0][10 + sizes[i]], 0xaa);
    }
    assert_int_equal(load32(data[0] + 14), 0);
}

static void a_pointer_may_point_into_its_own_file(void **state)
{
    (void)state;
    data[1][DATA_BYTES - 4] = 0xff;
    add_pointer("b", "b", DATA_BYTES - 4, 4);
    assert_true(link_files());
    assert_int_equal(load32(data[1] + DATA_BYTES - 4), files[1].address + 0xff);
}

static void assert_not_linked(const char *reason)
{
    assert_false(link_files());
    assert_non_null(strstr(error.message, reason));
    script_size -= COMMAND_BYTES;
}

static void a_pointer_that_leads_out_of_its_files_is_refused(void **state)
{
    (void)state;
    add_pointer("a", "c", 0, 4);
    assert_not_linked("unknown file");
    add_pointer("c", "a", 0, 4);
    assert_not_linked("unknown file");
    add_pointer("a", "b", DATA_BYTES - 3, 4);
    assert_not_linked("outside of the file");
    add_pointer("a", "b", UINT32_MAX, 8);
    assert_not_linked("outside of the file");
    add_pointer("a", "b", 0, 3);
    assert_not_linked("outside of the file");
    add_pointer("a", "b", 0, 0);
    assert_not_linked("outside of the file");
    add_pointer("a", "b", 0, 2); /* too small for an address above 1 MiB */
    assert_not_linked("out of reach");
    put32(data[0], DATA_BYTES);
    add_pointer("a", "b", 0, 4);
    assert_not_linked("out of reach");
    memset(data[0], 0xff, 8);
    add_pointer("a", "b", 0, 8);
    assert_not_linked("out of reach");
}

static void a_checksum_makes_its_range_sum_to_zero(void **state)
{
    (void)state;
    for (size_t i = 0; i < 100; i++) {
        data[0][i] = (uint8_t)(i * 7);
    }
    data[0][9 + 20] = 0;
    add_checksum("a", 29, 20, 80);
    assert_true(link_files());
    assert_true(sums_to_zero(data[0] + 20, 80));
    assert_int_equal(data[0][19], 19 * 7);
    assert_int_equal(data[0][100], 0);
}

static void commands_are_carried_out_in_their_order(void **state)
{
    (void)state;
    add_pointer("a", "b", 4, 4);
    add_checksum("a", 8, 0, 20);
    assert_true(link_files());
    assert_true(sums_to_zero(data[0], 20));
    assert_int_not_equal(data[0][8], 0);
}

static void a_checksum_outside_of_its_file_is_refused(void **state)
{
    (void)state;
    add_checksum("c", 0, 0, 1);
    assert_not_linked("unknown file");
    add_checksum("a", DATA_BYTES, 0, 1);
    assert_not_linked("outside of the file");
    add_checksum("a", 0, 1, DATA_BYTES);
    assert_not_linked("outside of the file");
    add_checksum("a", 0, UINT32_MAX, 2);
    assert_not_linked("outside of the file");
}

static void an_address_is_written_to_the_host(void **state)
{
    (void)state;
    struct table_write write;
    size_t at = 0;
    write_pointer("etc/vmgenid_addr", "b", 8, 40, 8);
    add_checksum("a", 0, 0, 1);
    write_pointer("etc/other", "a", 0, 0, 4);
    assert_true(link_files());
    assert_true(table_loader_write(the_script(), files, file_count, &at, &write, &error));
    assert_string_equal(write.name, "etc/vmgenid_addr");
    assert_int_equal(write.offset, 8);
    assert_int_equal(write.size, 8);
    assert_int_equal(write.value, files[1].address + 40);
    assert_true(table_loader_write(the_script(), files, file_count, &at, &write, &error));
    assert_int_equal(write.value, files[0].address);
    assert_false(table_loader_write(the_script(), files, file_count, &at, &write, &error));
    assert_string_equal(error.message, "");
}

static void assert_not_written(const char *reason)
{
    struct table_write write;
    size_t at = 0;
    assert_false(table_loader_write(the_script(), files, file_count, &at, &write, &error));
    assert_non_null(strstr(error.message, reason));
    script_size -= COMMAND_BYTES;
}

static void a_wrong_address_for_the_host_is_refused(void **state)
{
    (void)state;
    write_pointer("x", "c", 0, 0, 8);
    assert_not_written("unknown file");
    write_pointer("x", "a", 0, DATA_BYTES, 8);
    assert_not_written("out of reach");
    write_pointer("x", "a", 0, 0, 2);
    assert_not_written("out of reach");
    write_pointer("x", "a", 0, 0, 16);
    assert_not_written("out of reach");
}

static void unknown_commands_and_the_rest_of_one_are_passed_over(void **state)
{
    (void)state;
    put(0x99, "a", "b");
    put(0, "a", "b");
    add_pointer("a", "c", 0, 4);
    script_size--; /* this one is not whole */
    assert_true(list());
    assert_true(link_files());
    assert_int_equal(file_count, 2);
}

/* As QEMU does it: RSDP → RSDT → FADT, each with a checksum. */
static void a_chain_of_tables_is_linked(void **state)
{
    (void)state;
    script_size = 0;
    memset(data, 0, sizeof data);
    allocate("etc/acpi/rsdp", 16, TABLE_ZONE_FSEG);
    allocate("etc/acpi/tables", 64, TABLE_ZONE_HIGH);
    assert_true(place(DATA_BYTES));
    memcpy(data[0], "RSD PTR ", 8);
    put32(data[0] + 16, 100);
    memcpy(data[1] + 100, "RSDT", 4);
    put32(data[1] + 104, 40);
    put32(data[1] + 136, 200);
    memcpy(data[1] + 200, "FACP", 4);
    add_pointer("etc/acpi/tables", "etc/acpi/tables", 136, 4);
    add_checksum("etc/acpi/tables", 109, 100, 40);
    add_pointer("etc/acpi/rsdp", "etc/acpi/tables", 16, 4);
    add_checksum("etc/acpi/rsdp", 8, 0, 20);
    assert_true(link_files());
    assert_true(sums_to_zero(data[0], 20));
    uint32_t rsdt = load32(data[0] + 16) - files[1].address;
    assert_int_equal(rsdt, 100);
    assert_true(sums_to_zero(data[1] + rsdt, 40));
    assert_memory_equal(data[1] + load32(data[1] + rsdt + 36) - files[1].address, "FACP", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_empty_script_wants_nothing, no_command),
        cmocka_unit_test_setup(the_files_are_listed_with_alignment_and_zone, no_command),
        cmocka_unit_test_setup(a_wrong_allocation_is_refused, no_command),
        cmocka_unit_test_setup(files_go_to_aligned_addresses_in_their_zones, no_command),
        cmocka_unit_test_setup(a_file_without_room_is_refused, no_command),
        cmocka_unit_test_setup(a_pointer_becomes_the_address_of_what_it_points_to, two_files),
        cmocka_unit_test_setup(a_pointer_may_point_into_its_own_file, two_files),
        cmocka_unit_test_setup(a_pointer_that_leads_out_of_its_files_is_refused, two_files),
        cmocka_unit_test_setup(a_checksum_makes_its_range_sum_to_zero, two_files),
        cmocka_unit_test_setup(commands_are_carried_out_in_their_order, two_files),
        cmocka_unit_test_setup(a_checksum_outside_of_its_file_is_refused, two_files),
        cmocka_unit_test_setup(an_address_is_written_to_the_host, two_files),
        cmocka_unit_test_setup(a_wrong_address_for_the_host_is_refused, two_files),
        cmocka_unit_test_setup(unknown_commands_and_the_rest_of_one_are_passed_over, two_files),
        cmocka_unit_test_setup(a_chain_of_tables_is_linked, two_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
