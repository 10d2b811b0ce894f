// SPDX-License-Identifier: BSD-2-Clause
// Tests what the user sees of a slow disc, and when a disc counts as lost. The test is the clock
// and the console.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "stage2/console/console.h"
#include "stage2/disc/patience.h"
#include "stage2/firmware.h"
#include <cmocka.h> /* after error.h: cmocka has a macro fail() */

static uint64_t now;
static char shown[256];

uint64_t firmware_milliseconds(void)
{
    return now;
}

void console_print(const char *format, ...)
{
    assert_non_null(strstr(format, "does not answer at sector %u"));
    strcat(shown, "no answer\n");
}

void console_write(const char *text)
{
    assert_true(strlen(shown) + strlen(text) < sizeof shown);
    strcat(shown, text);
}

static int start(void **state)
{
    (void)state;
    now = 1000;
    shown[0] = 0;
    patience_succeeded();
    return 0;
}

static void read_for(uint32_t milliseconds)
{
    patience_start(7);
    for (uint64_t end = now + milliseconds; now <= end; now += 55) {
        patience_show();
    }
    patience_end();
}

static void nothing_is_shown_of_reads_that_are_quick(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        read_for(2900);
    }
    assert_string_equal(shown, "");
}

static void a_read_of_six_seconds_is_one_line_with_a_dot_a_second(void **state)
{
    (void)state;
    read_for(6100);
    assert_string_equal(shown, "whelk: the disc is slow, reading on ..\n");
}

static void a_disc_whose_tries_fail_for_long_is_lost_for_a_while(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_false(patience_is_lost());
        patience_failed(5000);
    }
    assert_true(patience_is_lost());
    now += 11000;
    assert_false(patience_is_lost());
}

static void a_disc_that_does_not_answer_twice_is_lost(void **state)
{
    (void)state;
    patience_start(7);
    patience_over(6000);
    assert_false(patience_is_lost());
    patience_over(6000);
    assert_true(patience_is_lost());
    assert_string_equal(shown, "no answer\nno answer\n");
}

static void failures_are_forgotten_after_a_success(void **state)
{
    (void)state;
    patience_failed(7000);
    patience_succeeded();
    patience_failed(7000);
    assert_false(patience_is_lost());
}

static void failures_that_take_no_time_are_no_loss(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        patience_failed(0);
    }
    assert_false(patience_is_lost());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_shown_of_reads_that_are_quick, start),
        cmocka_unit_test_setup(a_read_of_six_seconds_is_one_line_with_a_dot_a_second, start),
        cmocka_unit_test_setup(a_disc_whose_tries_fail_for_long_is_lost_for_a_while, start),
        cmocka_unit_test_setup(a_disc_that_does_not_answer_twice_is_lost, start),
        cmocka_unit_test_setup(failures_are_forgotten_after_a_success, start),
        cmocka_unit_test_setup(failures_that_take_no_time_are_no_loss, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
