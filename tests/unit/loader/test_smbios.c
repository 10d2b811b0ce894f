// SPDX-License-Identifier: BSD-2-Clause
// The search for SMBIOS's entry points (SMBIOS 3.x, 5.2).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "loader/smbios.h"

enum { MEMORY_BYTES = 1024, ENTRY_2_BYTES = 31, ENTRY_3_BYTES = 24 };

static _Alignas(16) uint8_t memory[MEMORY_BYTES];

static void make_sum_zero(uint8_t *at, size_t length, size_t checksum)
{
    uint8_t sum = 0;
    at[checksum] = 0;
    for (size_t i = 0; i < length; i++) {
        sum = (uint8_t)(sum + at[i]);
    }
    at[checksum] = (uint8_t)(0 - sum);
}

/* 32-bit, version 2.8 */
static uint8_t *put_entry_2(size_t offset, uint32_t address, uint16_t length)
{
    uint8_t *at = memory + offset;
    memcpy(at, "_SM_", 4);
    at[5] = ENTRY_2_BYTES;
    at[6] = 2;
    at[7] = 8;
    memcpy(at + 16, "_DMI_", 5);
    memcpy(at + 22, &length, sizeof length);
    memcpy(at + 24, &address, sizeof address);
    make_sum_zero(at, ENTRY_2_BYTES, 4);
    return at;
}

/* 64-bit, version 3.1 */
static uint8_t *put_entry_3(size_t offset, uint64_t address, uint32_t length)
{
    uint8_t *at = memory + offset;
    memcpy(at, "_SM3_", 5);
    at[6] = ENTRY_3_BYTES;
    at[7] = 3;
    at[8] = 1;
    memcpy(at + 12, &length, sizeof length);
    memcpy(at + 16, &address, sizeof address);
    make_sum_zero(at, ENTRY_3_BYTES, 5);
    return at;
}

static struct smbios find(size_t size)
{
    return smbios_find((struct bytes){memory, size});
}

static void assert_found(struct smbios found, uint8_t major, uint8_t minor, uintptr_t address,
                         size_t size)
{
    assert_int_equal(found.major, major);
    assert_int_equal(found.minor, minor);
    assert_int_equal((uintptr_t)found.table.data, address);
    assert_int_equal(found.table.size, size);
}

static int start(void **state)
{
    (void)state;
    memset(memory, 0x20, sizeof memory);
    return 0;
}

static void where_there_is_none_nothing_is_found(void **state)
{
    (void)state;
    assert_int_equal(find(sizeof memory).table.size, 0);
    assert_int_equal(find(0).table.size, 0);
    put_entry_2(24, 0x1000, 50); /* not at a multiple of 16 */
    assert_int_equal(find(sizeof memory).table.size, 0);
}

static void the_32_bit_entry_point_is_found(void **state)
{
    (void)state;
    put_entry_2(64, 0x7fe1230, 0x1b2);
    assert_found(find(sizeof memory), 2, 8, 0x7fe1230, 0x1b2);
}

static void the_64_bit_entry_point_counts_more(void **state)
{
    (void)state;
    put_entry_2(64, 0x1000, 10);
    put_entry_3(128, 0x2000, 0x12345);
    assert_found(find(sizeof memory), 3, 1, 0x2000, 0x12345);
    memset(memory, 0, sizeof memory);
    put_entry_3(64, 0x2000, 0x12345);
    put_entry_2(128, 0x1000, 10);
    assert_found(find(sizeof memory), 3, 1, 0x2000, 0x12345);
}

static void a_wrong_checksum_is_no_entry_point(void **state)
{
    (void)state;
    put_entry_2(0, 0x1000, 10)[30]++;
    put_entry_3(64, 0x1000, 10)[23]++;
    assert_int_equal(find(sizeof memory).table.size, 0);
    put_entry_2(128, 0x3000, 11);
    assert_found(find(sizeof memory), 2, 8, 0x3000, 11);
}

static void no_length_leads_out_of_the_memory(void **state)
{
    (void)state;
    uint8_t *last = put_entry_2(MEMORY_BYTES - 32, 0x1000, 10);
    assert_found(find(sizeof memory), 2, 8, 0x1000, 10);
    assert_int_equal(find(sizeof memory - 2).table.size, 0);
    last[5] = 33;
    make_sum_zero(last, 32, 4);
    assert_int_equal(find(sizeof memory).table.size, 0);
    last[5] = 30; /* too short for its fields */
    make_sum_zero(last, 30, 4);
    assert_int_equal(find(sizeof memory).table.size, 0);
}

static void a_table_above_4_gib_is_out_of_reach(void **state)
{
    (void)state;
    put_entry_3(0, UINT64_C(0x100000000), 16);
    assert_int_equal(find(sizeof memory).table.size, 0);
    put_entry_3(0, UINT64_C(0xfffffff0), 17);
    assert_int_equal(find(sizeof memory).table.size, 0);
    put_entry_3(0, UINT64_C(0xfffffff0), 16);
    assert_found(find(sizeof memory), 3, 1, 0xfffffff0, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(where_there_is_none_nothing_is_found, start),
        cmocka_unit_test_setup(the_32_bit_entry_point_is_found, start),
        cmocka_unit_test_setup(the_64_bit_entry_point_counts_more, start),
        cmocka_unit_test_setup(a_wrong_checksum_is_no_entry_point, start),
        cmocka_unit_test_setup(no_length_leads_out_of_the_memory, start),
        cmocka_unit_test_setup(a_table_above_4_gib_is_out_of_reach, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
