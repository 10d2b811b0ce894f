// SPDX-License-Identifier: BSD-2-Clause
// Tests how the sizes of commands follow the speed of a disc that the test stands for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include "stage2/disc/pace.h"
#include <cmocka.h>

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
    DRIVERS_MOST = 254 * 64 * KIB,
    WAIT_LIMIT = 6000, /* milliseconds: pc/irq_wait.c */
};

/* Reads as a driver does. delay: how long a command waits, by its size and that of the one before.
   Returns the number of commands; *longest is the longest wait. */
static unsigned read_all(uint32_t length, uint32_t (*delay)(uint32_t, uint32_t), uint32_t *longest)
{
    static uint32_t before;
    unsigned commands = 0;
    *longest = 0;
    while (length > 0) {
        uint32_t most = pace_most(DRIVERS_MOST);
        uint32_t part = length < most ? length : most;
        assert_true(most % (64 * KIB) == 0 && most > 0);
        uint32_t waited = delay(part, before);
        pace_note(part, waited);
        *longest = waited > *longest ? waited : *longest;
        before = part;
        length -= part;
        commands++;
    }
    return commands;
}

static uint32_t quick(uint32_t bytes, uint32_t before)
{
    (void)before;
    return bytes / (MIB / 10);
}

/* 1 MB/s; each command waits until the rate has paid for the one before. */
static uint32_t capped(uint32_t bytes, uint32_t before)
{
    (void)bytes;
    return before / 1000;
}

static uint32_t slow(uint32_t bytes, uint32_t before)
{
    (void)before;
    return bytes / 1500;
}

/* One test, as the pace is kept: from the boot's first command on. */
static void commands_are_as_large_as_the_disc_is_quick(void **state)
{
    (void)state;
    uint32_t longest;
    assert_int_equal(pace_most(DRIVERS_MOST), 4 * MIB);
    assert_true(read_all(20 * MIB, capped, &longest) > 10);
    assert_true(longest < WAIT_LIMIT);
    assert_true(pace_most(DRIVERS_MOST) < MIB);

    read_all(20 * MIB, quick, &longest);
    assert_int_equal(pace_most(DRIVERS_MOST), DRIVERS_MOST);
    assert_int_equal(read_all(60 * MIB, quick, &longest), 4);

    read_all(DRIVERS_MOST, slow, &longest);
    read_all(20 * MIB, slow, &longest);
    assert_true(longest < WAIT_LIMIT);
}

static void a_command_is_never_smaller_than_what_a_firmware_reads(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        pace_note(64 * KIB, WAIT_LIMIT);
    }
    assert_int_equal(pace_most(DRIVERS_MOST), 64 * KIB);
}

static void a_driver_with_small_commands_keeps_them(void **state)
{
    (void)state;
    assert_int_equal(pace_most(32 * KIB), 32 * KIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_as_large_as_the_disc_is_quick),
        cmocka_unit_test(a_command_is_never_smaller_than_what_a_firmware_reads),
        cmocka_unit_test(a_driver_with_small_commands_keeps_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
