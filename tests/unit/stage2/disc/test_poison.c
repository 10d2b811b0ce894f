// SPDX-License-Identifier: BSD-2-Clause
// Tests that a sector which no read has written is seen, and that none which it has written is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "stage2/disc/poison.h"

enum { SECTOR = 512, SECTORS = 3 };

static uint8_t buffer[SECTORS * SECTOR + 1];
static uint32_t poison;

static void test_a_read_that_writes_nothing_is_seen(void **state)
{
    (void)state;
    poison_sectors(buffer, SECTORS, SECTOR, next_poison(&poison));
    assert_false(have_come(buffer, SECTORS, SECTOR, poison));
}

static void test_each_sector_must_come(void **state)
{
    (void)state;
    for (uint32_t missing = 0; missing < SECTORS; missing++) {
        poison_sectors(buffer, SECTORS, SECTOR, next_poison(&poison));
        for (uint32_t i = 0; i < SECTORS; i++) {
            if (i != missing) {
                memset(buffer + (size_t)i * SECTOR, 0, SECTOR);
            }
        }
        assert_false(have_come(buffer, SECTORS, SECTOR, poison));
        memset(buffer + (size_t)missing * SECTOR, 0, SECTOR);
        assert_true(have_come(buffer, SECTORS, SECTOR, poison));
    }
}

static void test_a_sector_that_ends_like_the_poison_comes_at_the_second_read(void **state)
{
    (void)state;
    uint32_t last = next_poison(&poison);
    next_poison(&poison);
    poison_sectors(buffer, 1, SECTOR, poison);
    memcpy(buffer + SECTOR - sizeof last, &last, sizeof last);
    assert_true(have_come(buffer, 1, SECTOR, poison));
}

static void test_a_buffer_may_be_at_any_address(void **state)
{
    (void)state;
    poison_sectors(buffer + 1, SECTORS, SECTOR, next_poison(&poison));
    assert_false(have_come(buffer + 1, SECTORS, SECTOR, poison));
    memset(buffer, 0, sizeof buffer);
    assert_true(have_come(buffer + 1, SECTORS, SECTOR, poison));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_read_that_writes_nothing_is_seen),
        cmocka_unit_test(test_each_sector_must_come),
        cmocka_unit_test(test_a_sector_that_ends_like_the_poison_comes_at_the_second_read),
        cmocka_unit_test(test_a_buffer_may_be_at_any_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
