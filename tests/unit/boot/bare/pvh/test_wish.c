// SPDX-License-Identifier: BSD-2-Clause
// Tests boot/bare/pvh/wish.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "boot/bare/pvh/wish.h"

static char line[200];
static struct wish wish;

static void assert_wish(const char *command_line, const char *entry, const char *arguments)
{
    strcpy(line, command_line);
    wish_read(line, &wish);
    if (entry == NULL) {
        assert_null(wish.entry);
    } else {
        assert_string_equal(wish.entry, entry);
    }
    if (arguments == NULL) {
        assert_null(wish.arguments);
    } else {
        assert_string_equal(wish.arguments, arguments);
    }
}

static void an_empty_line_asks_for_nothing(void **state)
{
    (void)state;
    assert_wish("", NULL, NULL);
    assert_wish("  \t", NULL, NULL);
    assert_wish("--", NULL, NULL);
    assert_wish("--  ", NULL, NULL);
}

static void other_words_mean_nothing(void **state)
{
    (void)state;
    assert_wish("console=ttyS0 virtio_mmio.device=512@0xfeb00000:12 myentry=3 --x", NULL, NULL);
}

static void an_entry_is_a_number_or_a_name(void **state)
{
    (void)state;
    assert_wish("entry=2", "2", NULL);
    assert_wish(" a entry=first b", "first", NULL);
    assert_wish("entry='A name' entry", "A name", NULL);
    assert_wish("entry=\"More>It's\"", "More>It's", NULL);
    assert_wish("\"entry=A name\"", "A name", NULL);
}

static void the_last_entry_counts(void **state)
{
    (void)state;
    assert_wish("entry=1 entry=2", "2", NULL);
}

static void a_quote_without_an_end_ends_with_the_line(void **state)
{
    (void)state;
    assert_wish("entry='A -- b", "A -- b", NULL);
}

static void what_follows_two_dashes_is_for_the_kernel(void **state)
{
    (void)state;
    assert_wish("-- a 'b  c'  entry=2", NULL, "a 'b  c'  entry=2");
    assert_wish("x entry=1 --   -uart=io:0x3f8 ", "1", "-uart=io:0x3f8 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_line_asks_for_nothing),
        cmocka_unit_test(other_words_mean_nothing),
        cmocka_unit_test(an_entry_is_a_number_or_a_name),
        cmocka_unit_test(the_last_entry_counts),
        cmocka_unit_test(a_quote_without_an_end_ends_with_the_line),
        cmocka_unit_test(what_follows_two_dashes_is_for_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
