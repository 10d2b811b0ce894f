// SPDX-License-Identifier: BSD-2-Clause
// Tests stage2/text/regex.h. test_config_grub.py compares more expressions with GRUB.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "stage2/text/regex.h"
#include <cmocka.h>

static _Alignas(max_align_t) uint8_t memory[256 * 1024];
static struct bytes groups[REGEX_GROUPS];

static enum regex_result search(const char *expression, const char *text)
{
    struct arena arena = {.base = memory, .size = sizeof memory, .used = 16};
    enum regex_result result = regex_search(expression, text, &arena, groups);
    assert_int_equal(arena.used, 16);
    return result;
}

static void assert_group(size_t number, const char *expected)
{
    assert_non_null(groups[number].data);
    assert_int_equal(groups[number].size, strlen(expected));
    assert_memory_equal(groups[number].data, expected, groups[number].size);
}

static void the_leftmost_and_then_the_longest_match_is_found(void **state)
{
    (void)state;
    assert_int_equal(search("b|bc|bcd", "abcde"), REGEX_MATCH);
    assert_group(0, "bcd");
    assert_int_equal(search("x*", "aaxx"), REGEX_MATCH);
    assert_group(0, "");
    assert_int_equal(search("c+", "abccb"), REGEX_MATCH);
    assert_group(0, "cc");
    assert_int_equal(search("d", "abc"), REGEX_NO_MATCH);
}

static void groups_are_where_they_matched_last_and_absent_ones_are_null(void **state)
{
    (void)state;
    assert_int_equal(search("((a)|(b))+", "ab"), REGEX_MATCH);
    assert_group(1, "b");
    assert_group(3, "b");
    assert_int_equal(search("(b)|(c)", "c"), REGEX_MATCH);
    assert_null(groups[1].data);
    assert_group(2, "c");
    assert_null(groups[9].data);
}

static void more_groups_than_are_kept_still_match(void **state)
{
    (void)state;
    assert_int_equal(search("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)", "abcdefghijk"), REGEX_MATCH);
    assert_group(9, "i");
}

static void expressions_that_would_take_for_ever_elsewhere_end(void **state)
{
    (void)state;
    static const char many[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
    assert_int_equal(search("^(a*)*$", many), REGEX_NO_MATCH);
    assert_int_equal(search("^(a|aa)+$", many), REGEX_NO_MATCH);
    assert_int_equal(search("((a*)*)*c", many), REGEX_NO_MATCH);
}

static void what_is_wrong_or_beyond_the_limits_is_told(void **state)
{
    (void)state;
    static const char *const wrong[] = {"(",     "[",       "[]",  "[^]",    "*",
                                        "(*a)",  "a{",      "a{1", "a{2,1}", "a{256}",
                                        "[b-a]", "[[:x:]]", "\\",  "^*"};
    static const char *const beyond[] = {"(a)\\1", "((((((((((((((((((a))))))))))))))))))",
                                         "((a{200}){200}){200}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(search(wrong[i], "a"), REGEX_WRONG);
    }
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        assert_int_equal(search(beyond[i], "a"), REGEX_BEYOND);
    }
}

static void an_arena_of_any_size_is_enough_or_beyond(void **state)
{
    (void)state;
    bool was_enough = false;
    for (size_t size = 0; size < 12000; size += 40) {
        struct arena arena = {.base = memory, .size = size};
        enum regex_result result = regex_search("(a|b)*c", "ababababc", &arena, groups);
        assert_true(result == REGEX_MATCH || (result == REGEX_BEYOND && !was_enough));
        was_enough |= result == REGEX_MATCH;
        assert_int_equal(arena.used, 0);
    }
    assert_true(was_enough);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_leftmost_and_then_the_longest_match_is_found),
        TEST(groups_are_where_they_matched_last_and_absent_ones_are_null),
        TEST(more_groups_than_are_kept_still_match),
        TEST(expressions_that_would_take_for_ever_elsewhere_end),
        TEST(what_is_wrong_or_beyond_the_limits_is_told),
        TEST(an_arena_of_any_size_is_enough_or_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
