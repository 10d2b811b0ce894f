// SPDX-License-Identifier: BSD-2-Clause
// The search for ACPI's root pointer (ACPI 6.x, 5.2.5).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "loader/acpi.h"

enum { MEMORY_BYTES = 1024, CHECKSUM = 8, REVISION = 15, LENGTH = 20, EXTENDED_CHECKSUM = 32 };

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

static uint8_t *put_rsdp(size_t offset, uint8_t revision)
{
    uint8_t *at = memory + offset;
    memcpy(at, "RSD PTR ", 8);
    memset(at + 9, 0x33, 36 - 9);
    at[REVISION] = revision;
    memset(at + LENGTH, 0, 4);
    at[LENGTH] = 36;
    make_sum_zero(at, 20, CHECKSUM);
    make_sum_zero(at, 36, EXTENDED_CHECKSUM);
    return at;
}

static struct bytes find(size_t size)
{
    return acpi_find_rsdp((struct bytes){memory, size});
}

static void start(void)
{
    memset(memory, 0x20, sizeof memory);
}

static void where_there_is_none_nothing_is_found(void **state)
{
    (void)state;
    start();
    assert_int_equal(find(sizeof memory).size, 0);
    assert_int_equal(find(0).size, 0);
    put_rsdp(24, 0); /* not at a multiple of 16 */
    assert_int_equal(find(sizeof memory).size, 0);
}

static void the_first_one_with_a_right_checksum_is_found(void **state)
{
    (void)state;
    start();
    put_rsdp(32, 0)[CHECKSUM] ^= 1;
    uint8_t *good = put_rsdp(96, 0);
    put_rsdp(160, 0);
    assert_ptr_equal(find(sizeof memory).data, good);
    assert_int_equal(find(sizeof memory).size, ACPI_RSDP_OLD_BYTES);
}

static void from_revision_2_on_it_has_36_bytes(void **state)
{
    (void)state;
    start();
    put_rsdp(48, 2);
    assert_int_equal(find(sizeof memory).size, ACPI_RSDP_BYTES);
    assert_ptr_equal(find(sizeof memory).data, memory + 48);
}

static void a_pointer_whose_new_part_is_broken_counts_by_its_old_part(void **state)
{
    (void)state;
    start();
    put_rsdp(48, 2)[EXTENDED_CHECKSUM] ^= 1;
    assert_int_equal(find(sizeof memory).size, ACPI_RSDP_OLD_BYTES);
    uint8_t *long_one = put_rsdp(48, 2);
    long_one[LENGTH + 1] = 1;
    make_sum_zero(long_one, 36, EXTENDED_CHECKSUM);
    assert_int_equal(find(sizeof memory).size, ACPI_RSDP_OLD_BYTES);
}

static void it_is_not_read_beyond_the_memory(void **state)
{
    (void)state;
    start();
    put_rsdp(MEMORY_BYTES - 48, 2);
    assert_int_equal(find(MEMORY_BYTES - 48 + 36).size, ACPI_RSDP_BYTES);
    assert_int_equal(find(MEMORY_BYTES - 48 + 35).size, ACPI_RSDP_OLD_BYTES);
    assert_int_equal(find(MEMORY_BYTES - 48 + 20).size, ACPI_RSDP_OLD_BYTES);
    assert_int_equal(find(MEMORY_BYTES - 48 + 19).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_there_is_none_nothing_is_found),
        cmocka_unit_test(the_first_one_with_a_right_checksum_is_found),
        cmocka_unit_test(from_revision_2_on_it_has_36_bytes),
        cmocka_unit_test(a_pointer_whose_new_part_is_broken_counts_by_its_old_part),
        cmocka_unit_test(it_is_not_read_beyond_the_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
